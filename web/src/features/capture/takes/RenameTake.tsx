import { type FormEvent, useState } from "react";
import type { SessionSummary } from "@/api/sessions";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { useTakeActions } from "./actions";
import css from "./Takes.module.css";

const MAX_TITLE = 200;

export function RenameTake({ take, onClose }: { take: SessionSummary; onClose(): void }) {
  const actions = useTakeActions();
  const [title, setTitle] = useState(take.title ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  async function save(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem("");
    try {
      await actions.change(take, { title: title.trim() || null });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The take could not be renamed. Try again.");
      setBusy(false);
    }
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Rename the take">
      <form className={css.form} onSubmit={(event) => void save(event)} noValidate>
        <Field
          label="Title"
          value={title}
          maxLength={MAX_TITLE}
          autoComplete="off"
          autoFocus
          hint="Leave it empty to name the take by its date."
          onChange={(event) => setTitle(event.target.value)}
        />
        {problem && (
          <p className={css.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={css.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
