export type Page = "sign-in" | "sign-up" | "confirm" | "forgot" | "reset";

/** What the pages of one visit share: somebody who typed an address once need not do it again. */
export interface Visit {
  email: string;
  setEmail(email: string): void;
  password: string;
  setPassword(password: string): void;
  /** Whether the first input takes the focus when the page opens. */
  focus: boolean;
  local: boolean;
  go(page: Page): void;
}
