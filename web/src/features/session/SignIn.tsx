import { Problem } from "@/api/client";
import { useSession } from "@/session/context";
import { EmailField, PasswordField } from "./fields";
import { FormPage, Way } from "./FormPage";
import { emailFault } from "./rules";
import { useForm } from "./useForm";
import type { Visit } from "./visit";

export function SignIn({ visit }: { visit: Visit }) {
  const session = useSession();
  const { email, password, go } = visit;
  const form = useForm(
    () => ({ email: emailFault(email), password: password ? undefined : "Enter your password." }),
    async () => {
      try {
        await session.signIn(email.trim(), password);
      } catch (error) {
        if (error instanceof Problem && error.code === "UserNotConfirmedException") go("confirm");
        else throw error;
      }
    },
  );
  return (
    <FormPage
      title="Sign in"
      form={form}
      submit="Sign in"
      foot={
        <>
          <Way onClick={() => go("forgot")}>Forgot password?</Way>
          <span>
            New here? <Way onClick={() => go("sign-up")}>Create an account</Way>
          </span>
        </>
      }
    >
      <EmailField visit={visit} error={form.faults.email} autoFocus={visit.focus} />
      <PasswordField visit={visit} error={form.faults.password} />
    </FormPage>
  );
}
