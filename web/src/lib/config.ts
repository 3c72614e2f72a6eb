/** What /config.json says: where the services are. Read at run time, so that one build serves every environment. */
export interface Config {
  apiUrl: string;
  webSocketUrl: string;
  region: string;
  userPoolId: string;
  userPoolClientId: string;
  /** Where Cognito answers; absent on AWS. */
  cognitoEndpoint?: string;
  /** Whether a start link (#start=…) can be exchanged for the local ready user. */
  local?: boolean;
}

const NEEDED = ["apiUrl", "webSocketUrl", "region", "userPoolId", "userPoolClientId"] as const;

/** Throws an Error whose message a person who deploys can act on. */
export async function loadConfig(fetcher: typeof fetch = fetch): Promise<Config> {
  const answer = await fetcher("/config.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`The settings (/config.json) could not be read: ${answer.status}.`);
  const read: unknown = await answer.json();
  const config = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
  const missing = NEEDED.filter((name) => typeof config[name] !== "string" || config[name] === "");
  if (missing.length) throw new Error(`The settings (/config.json) lack ${missing.join(", ")}.`);
  return config as unknown as Config;
}
