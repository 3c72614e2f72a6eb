import { SignedOut } from "@/session/session";
import { Problem } from "./client";

/** What is wrong with something to be sent that does not go on by itself, and which way on there is. */
export interface Trouble {
  text: string;
  way: "retry" | "choose" | "none";
}

/** Goes on by itself after a while. `limited`: not for ever, since waiting may not help. */
export class Later extends Error {
  constructor(
    message: string,
    readonly limited = false,
  ) {
    super(message);
  }
}

/** Nothing of its kind goes on before a moment (ms since 1970), unless something changes until then. */
export class Full extends Later {
  constructor(
    message: string,
    readonly until: number,
  ) {
    super(message);
  }
}

/** Does not go on by itself. */
export class Stuck extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.text);
  }
}

/** What stopped something on its way to the service, and whether it goes on by itself. */
export function judge(error: unknown): Later | Stuck {
  if (error instanceof Later || error instanceof Stuck) return error;
  if (error instanceof SignedOut) return new Later("Waits until you are signed in.");
  if (!(error instanceof Problem)) return new Later("Something went wrong.", true);
  if (error.code === "offline") return new Later("No connection.");
  // Too many announced: only time or a person's tidying helps. Too many calls: a moment helps.
  const endsAt = Date.parse(error.endsAt ?? "");
  if (error.status === 429 && endsAt) return new Full(error.message, endsAt);
  if (error.status === 429)
    return error.code === "too_many"
      ? new Stuck({ text: error.message, way: "retry" })
      : new Later("The service is busy.");
  if (error.status === 401 || error.status === 403)
    return new Stuck({ text: "Your session has ended. Sign in again, then retry.", way: "retry" });
  if (error.status >= 400 && error.status < 500) return new Stuck({ text: error.message, way: "none" });
  return new Later("The service does not answer properly.", true);
}
