import { Dialog } from "@/components/Dialog";
import { HELP } from "./shortcuts";
import css from "./Studio.module.css";

/** Which keys do what. */
export function Help({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard">
      <dl className={css.keys}>
        {HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** What "preview quality" means, and the way to better. */
export function Preview({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Preview quality">
      <p>
        These stems were made by the small built-in separator. It is quick, but you will hear a little of each
        instrument in the others, most of all in the vocals.
      </p>
      <p>
        Demucs does far better. Whoever runs this Unplugd adds it with <code>make models</code> (see docs/models.md).
        Upload the song again afterwards.
      </p>
    </Dialog>
  );
}
