import { Problem } from "@/api/client";
import type { Config } from "@/lib/config";

/** Calls one action of the user pool. Rejects with Problem: `code` is Cognito's name of the error, or "offline". */
export type Pool = <T = unknown>(action: string, body: Record<string, unknown>) => Promise<T>;

const TIMEOUT_MS = 20_000;

/** The actions that need no library: all but the proof of the password. */
export function createPool(config: Config, fetcher: typeof fetch): Pool {
  const address = config.cognitoEndpoint ?? `https://cognito-idp.${config.region}.amazonaws.com/`;
  return async <T>(action: string, body: Record<string, unknown>) => {
    let answer: Response;
    let said: Record<string, unknown>;
    try {
      answer = await fetcher(address, {
        method: "POST",
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify({ ClientId: config.userPoolClientId, ...body }),
        cache: "no-store",
        // Signing out is often the last thing that a page does.
        keepalive: action === "RevokeToken",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      said = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    } catch {
      // Also an answer that is not Cognito's own: a hotel's sign-in page, a proxy's error.
      throw problem("offline");
    }
    if (answer.ok) return said as T;
    const code = String(said.__type ?? said.code ?? "unexpected")
      .split("#")
      .at(-1);
    throw problem(code ?? "unexpected", String(said.message ?? ""), answer.status);
  };
}

/** What a person can act on, by Cognito's name of the error. */
const WORDS: Record<string, string> = {
  offline: "No connection. Check your network, then try again.",
  NotAuthorizedException: "The email or the password is wrong.",
  UserNotFoundException: "The email or the password is wrong.",
  UserNotConfirmedException: "This address is not confirmed yet. Enter the code from our mail.",
  UsernameExistsException: "There is an account with this email already. Sign in instead.",
  AliasExistsException: "There is an account with this email already. Sign in instead.",
  CodeMismatchException: "This is not the code from our mail. Check it, or ask for a new one.",
  ExpiredCodeException: "This code is no longer good. Ask for a new one.",
  InvalidPasswordException: "The password does not follow the rules below it.",
  CodeDeliveryFailureException: "The mail could not be sent to this address. Check it, then try again.",
  LimitExceededException: "There were too many attempts. Wait some minutes, then try again.",
  TooManyRequestsException: "Too many people are signing in. Wait a moment, then try again.",
  TooManyFailedAttemptsException: "There were too many attempts. Wait some minutes, then try again.",
  PasswordResetRequiredException: "A new password is needed. Choose “Forgot password?”.",
};

/** A fault of the user pool in plain words. */
export function problem(code: string, said = "", status = 0): Problem {
  // Cognito has one name for a wrong password and for the pause after many of them.
  const words = /attempts exceeded/i.test(said) ? WORDS.LimitExceededException : WORDS[code];
  return new Problem(status, code, words ?? "The sign-in service has a problem. Try again in a moment.");
}
