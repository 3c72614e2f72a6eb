import type { TokenSource } from "@/api/client";

/** Rejected with when there is no session (any more). */
export class SignedOut extends Error {
  constructor() {
    super("You are signed out. Sign in to go on.");
    this.name = "SignedOut";
  }
}

/** `reason`: why somebody is signed out, or why a start link did nothing for somebody who is signed in. */
export type SessionState =
  { status: "loading" } | { status: "out"; reason?: string } | { status: "in"; email: string; reason?: string };

/** The person's session. ID tokens live in memory; only the refresh token outlives the tab. */
export interface Session extends TokenSource {
  state(): SessionState;
  /** For useSyncExternalStore. */
  subscribe(listener: () => void): () => void;
  signIn(email: string, password: string): Promise<void>;
  signUp(email: string, password: string): Promise<void>;
  confirm(email: string, code: string): Promise<void>;
  resendCode(email: string): Promise<void>;
  forgot(email: string): Promise<void>;
  reset(email: string, code: string, password: string): Promise<void>;
  /** A start link's one-time code (local stack only). */
  start(code: string): Promise<void>;
  /** `work` is begun before somebody signs out here, while the API still takes calls, and waited for (3 s at most). */
  beforeSignOut(work: () => Promise<unknown>): void;
  /** `farewell`: what the sign-in page says then. Never rejects. */
  signOut(farewell?: string): Promise<void>;
}
