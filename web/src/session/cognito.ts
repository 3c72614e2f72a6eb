import { Problem } from "@/api/client";
import type { Config } from "@/lib/config";
import { createKeeping, type Kept } from "./keeping";
import { provePassword, type Tokens } from "./password";
import { createPool, problem } from "./pool";
import { type Session, SignedOut, type SessionState } from "./session";
import { exchangeStartCode, onStartLink } from "./startLink";

/** A token with less left than this is renewed before it is used. */
const EARLY_MS = 300_000;
/** What says that a refresh token is of no use any more; everything else may pass. */
const REFUSED = new Set([
  "InvalidParameterException",
  "NotAuthorizedException",
  "PasswordResetRequiredException",
  "ResourceNotFoundException",
  "UserNotConfirmedException",
  "UserNotFoundException",
]);
/** What is left to be done before a sign-out holds it up no longer than this. */
const LAST_WORK_MS = 3000;
const ENDED = "Your session has ended. Sign in to go on.";
const ELSEWHERE = "You signed out in another tab.";

interface Means {
  fetcher: typeof fetch;
  /** Milliseconds. */
  now(): number;
  prove(config: Config, email: string, password: string): Promise<Tokens>;
}

/** The session of this tab, on a Cognito user pool. Tabs of one browser share who is signed in. */
export function createCognitoSession(config: Config, means: Partial<Means> = {}): Session {
  const { fetcher = (...a) => fetch(...a), now = Date.now, prove = provePassword } = means;
  const pool = createPool(config, fetcher);
  const keeping = createKeeping(config.userPoolClientId);
  const listeners = new Set<() => void>();
  const lastWorks = new Set<() => Promise<unknown>>();

  let kept = keeping.read();
  let token: { value: string; until: number } | undefined;
  let renewal: Promise<string> | undefined;
  let state = stateOf(kept);

  function set(next: SessionState) {
    state = next;
    listeners.forEach((listener) => listener());
  }

  /** From here on this is the session (or none); what was under way for another is dropped. */
  function become(next: Kept | null, reason?: string) {
    kept = next;
    token = undefined;
    renewal = undefined;
    set(stateOf(next, reason));
  }

  function enter({ idToken, refreshToken }: Tokens) {
    const claims = read(idToken);
    const next = { email: claims.email, refreshToken };
    keeping.write(next);
    become(next);
    token = { value: idToken, until: now() + claims.lifetimeMs };
  }

  function leave(reason?: string) {
    keeping.write(null);
    become(null, reason);
  }

  /** Go along with what another tab has done. */
  function follow() {
    const stored = keeping.read();
    if (stored?.refreshToken === kept?.refreshToken) return;
    become(stored, stored ? undefined : ELSEWHERE);
  }
  keeping.onChange(follow);

  async function renew(from: Kept): Promise<string> {
    let answer: { AuthenticationResult: { IdToken: string; RefreshToken?: string } };
    try {
      answer = await pool("InitiateAuth", {
        AuthFlow: "REFRESH_TOKEN_AUTH",
        AuthParameters: { REFRESH_TOKEN: from.refreshToken },
      });
    } catch (error) {
      // Another tab may know better, and its message may be on its way.
      if (kept === from) follow();
      if (kept !== from) return idToken();
      if (!(error instanceof Problem && REFUSED.has(error.code))) throw error;
      leave(ENDED);
      throw new SignedOut();
    }
    if (kept !== from) return idToken();
    const { IdToken, RefreshToken = from.refreshToken } = answer.AuthenticationResult;
    if (RefreshToken !== from.refreshToken) keeping.write((kept = { ...from, refreshToken: RefreshToken }));
    // Counted from now on by this machine's clock, which need not be right.
    token = { value: IdToken, until: now() + read(IdToken).lifetimeMs };
    return IdToken;
  }

  async function idToken({ renew: forced = false } = {}): Promise<string> {
    if (!kept) throw new SignedOut();
    const held = token;
    const left = held ? held.until - now() : 0;
    if (held && !forced && left > EARLY_MS) return held.value;
    if (!renewal) {
      const mine = renew(kept).finally(() => {
        if (renewal === mine) renewal = undefined;
      });
      renewal = mine;
    }
    try {
      return await renewal;
    } catch (error) {
      if (held && held === token && !forced && left > 0) return held.value;
      throw error;
    }
  }

  const session: Session = {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    idToken,
    async signIn(email, password) {
      enter(await prove(config, email, password));
    },
    async signUp(email, password) {
      const UserAttributes = [{ Name: "email", Value: email }];
      await pool("SignUp", { Username: email, Password: password, UserAttributes });
    },
    async confirm(email, code) {
      try {
        await pool("ConfirmSignUp", { Username: email, ConfirmationCode: code });
      } catch (error) {
        // Sent twice: the first was answered, and the answer was lost.
        if (!(error instanceof Problem && error.code === "NotAuthorizedException")) throw error;
      }
    },
    async resendCode(email) {
      await pool("ResendConfirmationCode", { Username: email });
    },
    async forgot(email) {
      await pool("ForgotPassword", { Username: email });
    },
    async reset(email, code, password) {
      await pool("ConfirmForgotPassword", { Username: email, ConfirmationCode: code, Password: password });
    },
    async start(code) {
      const { email, password } = await exchangeStartCode(fetcher, code);
      await session.signIn(email, password);
    },
    beforeSignOut: (work) => void lastWorks.add(work),
    async signOut(farewell) {
      const who = kept?.email;
      if (lastWorks.size) await within(LAST_WORK_MS, [...lastWorks]);
      // Another person may have signed in, in another tab.
      if (kept && kept.email !== who) return;
      const from = kept;
      leave(farewell);
      // Here it is over already; revoking makes the token worthless to anyone who finds it.
      if (from) await pool("RevokeToken", { Token: from.refreshToken }).catch(() => undefined);
    },
  };

  if (config.local) {
    onStartLink((code) => {
      set({ status: "loading" });
      session.start(code).catch((error: unknown) => {
        const reason = error instanceof Problem ? error.message : problem("unexpected").message;
        set(stateOf(kept, reason));
      });
    });
  }
  return session;
}

/** Resolves when all `works` have ended, well or badly, or after `ms`. */
async function within(ms: number, works: (() => Promise<unknown>)[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([Promise.allSettled(works.map(async (work) => work())), late]);
  clearTimeout(timer);
}

function stateOf(kept: Kept | null, reason?: string): SessionState {
  return kept ? { status: "in", email: kept.email, ...(reason && { reason }) } : { status: "out", reason };
}

/** What an ID token says; it came from the pool itself, so its signature is the API's affair. */
function read(idToken: string): { email: string; lifetimeMs: number } {
  const part = (idToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes)) as { email: string; exp: number; iat: number };
  return { email: claims.email, lifetimeMs: (claims.exp - claims.iat) * 1000 };
}
