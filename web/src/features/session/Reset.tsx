import { useState } from "react";
import { toast } from "@/components/Toasts";
import { useSession } from "@/session/context";
import { CodeField, PasswordField } from "./fields";
import { FormPage, Way } from "./FormPage";
import { codeFault, passwordFault } from "./rules";
import { Sent } from "./Sent";
import { useForm } from "./useForm";
import type { Visit } from "./visit";

export function Reset({ visit }: { visit: Visit }) {
  const session = useSession();
  const [code, setCode] = useState("");
  const { email, password, go } = visit;
  const form = useForm(
    () => ({ code: codeFault(code), password: passwordFault(password) }),
    async () => {
      await session.reset(email.trim(), code, password);
      try {
        await session.signIn(email.trim(), password);
      } catch {
        toast("Your new password is set. Sign in with it.");
        go("sign-in");
      }
    },
  );
  return (
    <FormPage
      title="Choose a new password"
      lead={<Sent to={email} local={visit.local} code="reset" />}
      form={form}
      submit="Set password and sign in"
      foot={
        <>
          <Way
            onClick={() =>
              void form.run(async () => {
                await session.forgot(email.trim());
                toast("A new code is on its way.");
              })
            }
          >
            Send a new code
          </Way>
          <Way onClick={() => go("sign-in")}>Back to sign in</Way>
        </>
      }
    >
      {/* Password managers keep the new password under this name. */}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <CodeField code={code} onChange={setCode} error={form.faults.code} />
      <PasswordField visit={visit} error={form.faults.password} fresh />
    </FormPage>
  );
}
