import { useSession } from "@/session/context";
import { EmailField } from "./fields";
import { FormPage, Way } from "./FormPage";
import { emailFault } from "./rules";
import { useForm } from "./useForm";
import type { Visit } from "./visit";

export function Forgot({ visit }: { visit: Visit }) {
  const session = useSession();
  const { email, go } = visit;
  const form = useForm(
    () => ({ email: emailFault(email) }),
    async () => {
      await session.forgot(email.trim());
      visit.setPassword("");
      go("reset");
    },
  );
  return (
    <FormPage
      title="Forgot your password?"
      lead="We send you a code, and you choose a new one."
      form={form}
      submit="Send the code"
      foot={<Way onClick={() => go("sign-in")}>Back to sign in</Way>}
    >
      <EmailField visit={visit} error={form.faults.email} autoFocus />
    </FormPage>
  );
}
