import { useState } from "react";
import { toast } from "@/components/Toasts";
import { useSession } from "@/session/context";
import { CodeField } from "./fields";
import { FormPage, Way } from "./FormPage";
import { codeFault } from "./rules";
import { Sent } from "./Sent";
import { useForm } from "./useForm";
import type { Visit } from "./visit";

/** The code that proves a new address; who typed the password a moment ago is then in. */
export function Confirm({ visit }: { visit: Visit }) {
  const session = useSession();
  const [code, setCode] = useState("");
  const { email, password, go } = visit;
  const form = useForm(
    () => ({ code: codeFault(code) }),
    async () => {
      await session.confirm(email.trim(), code);
      try {
        await session.signIn(email.trim(), password);
      } catch {
        // The address is confirmed all the same: the rest is said and done over there.
        toast("Your address is confirmed. Sign in now.");
        go("sign-in");
      }
    },
  );
  return (
    <FormPage
      title="Confirm your address"
      lead={<Sent to={email} local={visit.local} code="confirm" />}
      form={form}
      submit="Confirm"
      foot={
        <>
          <Way
            onClick={() =>
              void form.run(async () => {
                await session.resendCode(email.trim());
                toast("A new code is on its way.");
              })
            }
          >
            Send a new code
          </Way>
          <Way onClick={() => go("sign-up")}>Use another address</Way>
        </>
      }
    >
      <CodeField code={code} onChange={setCode} error={form.faults.code} />
    </FormPage>
  );
}
