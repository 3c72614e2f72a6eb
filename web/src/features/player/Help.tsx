import { Dialog } from "@/components/Dialog";
import { helpFor } from "./shortcuts";
import { useStudio, useWatched } from "./usePlayer";
import css from "./Studio.module.css";

/** Which keys do what. */
export function Help({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const { engine, music } = useStudio();
  const { grid, sections } = useWatched(music);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard">
      <dl className={css.keys}>
        {helpFor(engine.stems, { beats: grid !== null, sections: sections.length > 0 }).map(([keys, what]) => (
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

/** What the built-in separator gives, and the way to better. */
export function Preview({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Built-in separator">
      <p>
        These stems were made by the built-in separator. The voice comes out well enough to sing over the rest. In the
        drums and the other instruments you will hear a little of each other.
      </p>
      <p>
        The Demucs separator is better, and it is not installed here. Once it is, upload the song again and choose a
        better separation.
      </p>
    </Dialog>
  );
}
