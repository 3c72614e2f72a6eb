import { type FormEvent, useState } from "react";
import { Problem } from "@/api/client";
import { useApi } from "@/api/context";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { useSession } from "@/session/context";
import { SignedOut } from "@/session/session";
import css from "./Account.module.css";

const WORD = "delete";
const FAREWELL = "Your account and all that was in it is deleted. Thank you for having been here.";

interface Props {
  email: string;
  /** The service has nothing of them any more. */
  onDeleted(): void;
}

/** The end of an account, behind a word that has to be typed. */
export function DeletePanel({ email, onDeleted }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <section className={css.panel} aria-labelledby="delete-title">
      <h2 id="delete-title">Delete the account</h2>
      <p>At once and for good. Download what you want to keep before.</p>
      <div className={css.actions}>
        <Button kind="danger" onClick={() => setOpen(true)}>
          Delete account …
        </Button>
      </div>
      <Dialog open={open} onOpenChange={setOpen} title="Delete the account?">
        <Confirmation email={email} onDeleted={onDeleted} onBack={() => setOpen(false)} />
      </Dialog>
    </section>
  );
}

function Confirmation({ email, onDeleted, onBack }: Props & { onBack(): void }) {
  const api = useApi();
  const session = useSession();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const sure = typed.trim().toLowerCase() === WORD;

  async function send(event: FormEvent) {
    event.preventDefault();
    if (!sure || busy) return;
    setBusy(true);
    setFault(undefined);
    try {
      await api.DELETE("/account");
      onDeleted();
      await session.signOut(FAREWELL);
    } catch (error) {
      setBusy(false);
      // Somebody signed out elsewhere in the meantime: the sign-in page says so.
      if (error instanceof SignedOut) return;
      if (!(error instanceof Problem)) throw error;
      setFault(`${error.message} Part of it may be gone already. Delete once more to finish.`);
    }
  }

  return (
    <form className={css.confirmation} onSubmit={(event) => void send(event)}>
      <p>This is deleted and cannot be restored:</p>
      <ul>
        <li>all songs, their stems and the originals that were kept</li>
        <li>all takes that you recorded, with their pictures</li>
        <li>all words, with what you corrected in them</li>
        <li>what is being worked on at this moment</li>
        <li>
          the sign-in of <strong>{email}</strong>
        </li>
      </ul>
      <p>Titles and artists stay in the backups of our tables for up to 35 days more.</p>
      <Field
        label={`Type “${WORD}” to go on`}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      {fault && <Notice tone="error">{fault}</Notice>}
      <div className={css.actions}>
        <Button type="submit" kind="danger" disabled={!sure} busy={busy}>
          Delete everything
        </Button>
        <Button onClick={onBack}>Keep the account</Button>
      </div>
    </form>
  );
}
