import { vi } from "vitest";
import type { Config } from "@/lib/config";
import { createCognitoSession } from "./cognito";

export const CONFIG: Config = {
  apiUrl: "https://api.example",
  webSocketUrl: "wss://live.example",
  region: "eu-central-1",
  userPoolId: "eu-central-1_pool",
  userPoolClientId: "client",
};
export const HOUR = 3_600_000;
export const KEY = "unplugd.session";

/** The tests' clock (ms). */
export const clock = { now: 1_000_000_000_000 };
let made = 0;

/** An ID token as the pool gives them; its clock is a day off, which must not matter. */
export function idTokenOf(email = "ann@example.com"): string {
  const iat = clock.now / 1000 - 86_400;
  const claims = { email, iat, exp: iat + HOUR / 1000, n: ++made };
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  return `head.${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")}.sign`;
}

export const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
export const renewed = (idToken = idTokenOf(), more = {}) =>
  json({ AuthenticationResult: { IdToken: idToken, ...more } });
export const refused = (code: string, message = "") => json({ __type: code, message }, 400);

/** A pool whose next answers are given; `asked` are the bodies, with the action. */
export function pool() {
  const asked: ({ action: string } & Record<string, unknown>)[] = [];
  const answers: (Response | Error | Promise<Response>)[] = [];
  const fetcher = vi.fn(async (_url: unknown, init?: RequestInit) => {
    const headers = init?.headers as Record<string, string>;
    const action = headers["X-Amz-Target"]?.split(".")[1] ?? String(_url);
    asked.push({ action, ...(JSON.parse(String(init?.body)) as object) });
    const answer = await answers.shift();
    if (answer instanceof Error) throw answer;
    return answer ?? json({});
  });
  return { asked, answers, fetcher: fetcher as unknown as typeof fetch };
}

export function open(config = CONFIG, proven = { idToken: idTokenOf(), refreshToken: "refresh-1" }) {
  const cognito = pool();
  const prove = vi.fn(() => Promise.resolve(proven));
  const session = createCognitoSession(config, { fetcher: cognito.fetcher, now: () => clock.now, prove });
  return { session, prove, proven, ...cognito };
}

export const keep = (refreshToken: string, email = "ann@example.com", clientId = "client") =>
  localStorage.setItem(KEY, JSON.stringify({ email, refreshToken, clientId }));
/** What a browser tells the other tabs. */
export const tellOtherTab = (key: string | null = KEY) => dispatchEvent(new StorageEvent("storage", { key }));
