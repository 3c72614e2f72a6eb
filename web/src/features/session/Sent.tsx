/** What the local stack takes for the code of a new address, and of a new password: it sends no mail. */
const LOCAL_CODES = { confirm: "123456", reset: "654321" };

/** Where the code is to be found. */
export function Sent({ to, local, code }: { to: string; local: boolean; code: "confirm" | "reset" }) {
  if (local) return <>This machine sends no mail: the code is {LOCAL_CODES[code]}.</>;
  return code === "confirm" ? (
    <>
      We have sent a mail with six digits to <strong>{to.trim()}</strong>.
    </>
  ) : (
    <>
      If there is an account for <strong>{to.trim()}</strong>, a mail with six digits is on its way there.
    </>
  );
}
