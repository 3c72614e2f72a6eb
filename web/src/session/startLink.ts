import { Problem } from "@/api/client";
import { problem } from "./pool";

/**
 * Tells of a start link's code (`#start=…`), now or when such a link is opened in this tab later. It leaves the address
 * bar, and with it the history, at once.
 */
export function onStartLink(listener: (code: string) => void): void {
  const look = () => {
    const code = /^#start=(.+)$/.exec(location.hash)?.[1];
    if (!code) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    listener(code);
  };
  addEventListener("hashchange", look);
  look();
}

/** The ready user of the local stack, once a code. Rejects with Problem. */
export async function exchangeStartCode(
  fetcher: typeof fetch,
  code: string,
): Promise<{ email: string; password: string }> {
  let answer: Response;
  let said: { email?: string; password?: string; error?: string; message?: string };
  try {
    answer = await fetcher("/local-start", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
    said = (await answer.json()) as typeof said;
  } catch {
    throw problem("offline");
  }
  const { email, password, error = "unexpected", message } = said;
  if (answer.ok && email && password) return { email, password };
  throw new Problem(answer.status, error, message ?? "The start link did not work. Sign in with email and password.");
}
