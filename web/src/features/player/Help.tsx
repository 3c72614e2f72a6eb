import { Dialog } from "@/components/Dialog";
import { helpFor } from "./shortcuts";
import { useStudio } from "./usePlayer";
import css from "./Studio.module.css";

/** Which keys do what. */
export function Help({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard">
      <dl className={css.keys}>
        {helpFor(useStudio().engine.stems).map(([keys, what]) => (
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
        The Demucs separator is far better, and it is not installed here. Once it is, upload the song again and choose a
        better separation.
      </p>
    </Dialog>
  );
}
