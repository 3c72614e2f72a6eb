import { Problem } from "@/api/client";
import { useSession } from "@/session/context";
import { EmailField, PasswordField } from "./fields";
import { FormPage, Way } from "./FormPage";
import { emailFault, passwordFault } from "./rules";
import { useForm } from "./useForm";
import type { Visit } from "./visit";

export function SignUp({ visit }: { visit: Visit }) {
  const session = useSession();
  const { email, password, go } = visit;
  /** A person who knows the existing account's password has signed up before, maybe a second ago. */
  async function known(taken: Problem) {
    try {
      await session.signIn(email.trim(), password);
    } catch (error) {
      const code = error instanceof Problem ? error.code : "";
      if (code === "UserNotConfirmedException") go("confirm");
      else throw code === "NotAuthorizedException" ? taken : error;
    }
  }

  const form = useForm(
    () => ({ email: emailFault(email), password: passwordFault(password) }),
    async () => {
      try {
        await session.signUp(email.trim(), password);
        go("confirm");
      } catch (error) {
        if (!(error instanceof Problem && error.code === "UsernameExistsException")) throw error;
        await known(error);
      }
    },
  );

  return (
    <FormPage
      title="Create an account"
      form={form}
      submit="Create account"
      foot={
        <span>
          Been here before? <Way onClick={() => go("sign-in")}>Sign in</Way>
        </span>
      }
    >
      <EmailField visit={visit} error={form.faults.email} autoFocus={visit.focus} />
      <PasswordField visit={visit} error={form.faults.password} fresh />
    </FormPage>
  );
}
