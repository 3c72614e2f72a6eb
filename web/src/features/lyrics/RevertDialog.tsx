import { useState } from "react";
import type { Lyrics, Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Notice } from "@/components/Notice";
import { toast } from "@/components/Toasts";
import css from "./dialogs.module.css";
import { dropDraft } from "./draftStore";
import { currentVersion, type Save, useSaveLyrics } from "@/api/lyrics";

interface Props {
  song: Song;
  lyrics: Lyrics;
  onClose(): void;
}

/** Asks once more, then goes back to what the machine wrote. */
export default function RevertDialog({ song, lyrics, onClose }: Props) {
  const save = useSaveLyrics(song.songId);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const revert = async () => {
    setBusy(true);
    try {
      const after = await save({ version: lyrics.version, revert: true });
      dropDraft(song.songId);
      offerUndo("The automatic lyrics are back.", lyrics, after.lyricsVersion, save);
      onClose();
    } catch (error) {
      const changed = currentVersion(error) !== undefined;
      setProblem(
        changed ? "These lyrics were just changed in another tab. Check them first." : String((error as Error).message),
      );
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Restore the automatic lyrics?"
      description="Your lyrics, their offset and your changes to the times are removed."
    >
      {problem && <Notice tone="error">{problem}</Notice>}
      <div className={css.buttons}>
        <Button onClick={onClose}>Keep mine</Button>
        <Button kind="danger" busy={busy} onClick={() => void revert()}>
          Take mine out
        </Button>
      </div>
    </Dialog>
  );
}

/** A message from which the words that were replaced come back. */
export function offerUndo(
  text: string,
  { segments, offsetMs, nudges, source }: Lyrics,
  version: number,
  save: Save,
): void {
  const words = { segments, offsetMs, nudges, source: source === "supplied" ? source : ("edited" as const) };
  const back = () => void save({ version, ...words }).catch((error: Error) => toast(error.message, { tone: "error" }));
  toast(text, segments.length ? { action: { label: "Undo", onSelect: back }, stays: 10_000 } : {});
}
