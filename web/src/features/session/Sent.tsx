/** Where the code is to be found. */
export function Sent({ to, local, maybe = false }: { to: string; local: boolean; maybe?: boolean }) {
  if (local) return <>This machine sends no mail: the code is 123456.</>;
  return (
    <>
      {maybe ? "If there is an account for" : "We have sent a mail with six digits to"} <strong>{to.trim()}</strong>
      {maybe ? ", a mail with six digits is on its way there." : "."}
    </>
  );
}
