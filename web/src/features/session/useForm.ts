import { type FormEvent, useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";

export type Name = "email" | "password" | "code" | "form";
export type Faults = Partial<Record<Name, string>>;

/** Which input a refusal is about; all others are about the form as a whole. */
const PLACE: Record<string, Name> = {
  AliasExistsException: "email",
  CodeDeliveryFailureException: "email",
  CodeMismatchException: "code",
  ExpiredCodeException: "code",
  InvalidPasswordException: "password",
  NotAuthorizedException: "password",
  UserNotFoundException: "password",
  UsernameExistsException: "email",
};

/**
 * A form that is checked, then sent, once at a time. What is wrong is said at the input it is about, and the focus goes
 * to the first of these.
 */
export function useForm(check: () => Faults, send: () => Promise<void>) {
  const form = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid], [data-fault]")?.focus();
  }, [faults]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const found = check();
    setFaults(found);
    if (Object.values(found).some(Boolean)) return;
    await run(send);
  }

  /** Something else that the form's page does, such as sending a code again. */
  async function run(action: () => Promise<void>) {
    setBusy(true);
    setFaults({});
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Problem)) {
        setFaults({ form: "Something went wrong on this page. Load it again, then try once more." });
        throw error;
      }
      setFaults({ [PLACE[error.code] ?? "form"]: error.message });
    } finally {
      setBusy(false);
    }
  }

  const props = { ref: form, onSubmit: (event: FormEvent) => void submit(event), noValidate: true };
  return { props, faults, busy, run };
}
