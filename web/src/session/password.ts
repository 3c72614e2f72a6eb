import type { Config } from "@/lib/config";
import { problem } from "./pool";

export interface Tokens {
  idToken: string;
  refreshToken: string;
}

/**
 * Proves the password to the pool without sending it (SRP). Rejects with Problem. The library is loaded by the first
 * call: who is signed in already never needs it.
 */
export async function provePassword(config: Config, email: string, password: string): Promise<Tokens> {
  // One of the library's parts expects Node's name of the global object.
  Object.assign(globalThis, { global: globalThis });
  const cognito = await import("amazon-cognito-identity-js").catch(() => {
    throw problem("offline");
  });
  const kept = new Map<string, string>();
  // What the library stores ends with this call: the session keeps what is to be kept.
  const Storage = {
    setItem: (key: string, value: string) => void kept.set(key, value),
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
  };
  const Pool = new cognito.CognitoUserPool({
    UserPoolId: config.userPoolId,
    ClientId: config.userPoolClientId,
    endpoint: config.cognitoEndpoint,
    Storage,
    AdvancedSecurityDataCollectionFlag: false,
  });
  const user = new cognito.CognitoUser({ Username: email, Pool, Storage });
  return new Promise((resolve, reject) => {
    user.authenticateUser(new cognito.AuthenticationDetails({ Username: email, Password: password }), {
      onSuccess: (session) =>
        resolve({
          idToken: session.getIdToken().getJwtToken(),
          refreshToken: session.getRefreshToken().getToken(),
        }),
      onFailure: (error: { code?: string; message?: string }) =>
        reject(problem(error.code === "NetworkError" ? "offline" : (error.code ?? "unexpected"), error.message)),
      // Somebody who was made by an administrator has a password for one day.
      newPasswordRequired: () => reject(problem("PasswordResetRequiredException")),
    });
  });
}
