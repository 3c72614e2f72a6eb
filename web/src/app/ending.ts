import { openChannel } from "@/lib/device";
import type { Session } from "@/session/session";
import { forget as forgetAccount } from "./forget";

export interface Ending {
  /** The account of `email` is gone: what this device holds of it goes too, in every tab. */
  deleted(email: string): void;
  /** The person has signed out here, and what they had open is closed. */
  left(): void;
}

/** What follows a deleted account on this device. `forget` may be called more than once. */
export function createEnding(session: Session, forget: (email: string) => Promise<void> = forgetAccount): Ending {
  let gone: string | undefined;
  const channel = openChannel("unplugd.deleted");

  function end(email: string) {
    gone = email;
    forget(email).catch(() => undefined); // offline: tried again once they have left
  }
  channel?.addEventListener("message", ({ data }) => typeof data === "string" && end(data));
  // The same address may sign up again.
  session.subscribe(() => {
    if (session.state().status === "in") gone = undefined;
  });

  return {
    deleted(email) {
      channel?.postMessage(email);
      end(email);
    },
    left() {
      // Editors and players write down what they hold as they close, so once more.
      if (gone !== undefined) forget(gone).catch(() => undefined);
      gone = undefined;
    },
  };
}
