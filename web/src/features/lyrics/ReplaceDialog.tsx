import { Upload } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { type Lyrics, type LyricsChange, Problem, type Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { EncodingChoice } from "@/components/EncodingChoice";
import { Notice } from "@/components/Notice";
import { toast } from "@/components/Toasts";
import { base64, type Encoding, MAX_LYRICS_BYTES, PICKED_LYRICS } from "@/lib/lyricsFile";
import css from "./dialogs.module.css";
import { dropDraft } from "./draftStore";
import { offerUndo } from "./RevertDialog";
import { currentVersion, useSaveLyrics } from "@/api/lyrics";

interface Props {
  song: Song;
  /** What is replaced; null where there are no words yet. */
  lyrics: Lyrics | null;
  version: number;
  onClose(): void;
}

/** New words in place of all: pasted, or from a file in any of the formats. */
export default function ReplaceDialog({ song, lyrics, version, onClose }: Props) {
  const save = useSaveLyrics(song.songId);
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [encoding, setEncoding] = useState<Encoding | null>(null);
  /** The file's bytes, once the service has asked for their encoding. */
  const [unclear, setUnclear] = useState<Uint8Array | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  /** The version that a change made elsewhere. */
  const [newer, setNewer] = useState<number | null>(null);
  const replaces = (lyrics?.segments.length ?? 0) > 0;

  const take = (picked: File | undefined) => {
    if (!picked) return;
    setEncoding(null);
    setUnclear(null);
    const fits = picked.size <= MAX_LYRICS_BYTES;
    setFile(fits ? picked : null);
    setProblem(fits ? null : `“${picked.name}” is larger than 1 MB. Lyrics are text: is it the right one?`);
  };
  const send = async () => {
    setBusy(true);
    setProblem(null);
    let bytes: Uint8Array | null = null;
    try {
      bytes = file && new Uint8Array(await file.arrayBuffer());
      const words: Partial<LyricsChange> = bytes ? { file: base64(bytes), ...(encoding && { encoding }) } : { text };
      const after = await save({ version: newer ?? version, ...words });
      dropDraft(song.songId);
      if (lyrics) offerUndo("The new lyrics are saved.", lyrics, after.lyricsVersion, save);
      else toast("The lyrics are saved.");
      onClose();
    } catch (error) {
      const current = currentVersion(error);
      setNewer(current ?? null);
      if (isAboutEncoding(error)) setUnclear(bytes);
      setProblem(
        current === undefined
          ? `${file ? `“${file.name}” is not taken. ` : ""}${(error as Error).message}`
          : "The lyrics were changed in another tab. Replace those, too?",
      );
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={replaces ? "Replace all lyrics" : "Add lyrics"}
      description="Plain text, or a lyrics file: LRC, SRT, WebVTT, TTML, ASS and others. Lyrics without times are synced automatically."
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        onDragOver={(event: DragEvent) => event.preventDefault()}
        onDrop={(event: DragEvent) => {
          event.preventDefault();
          take(event.dataTransfer.files[0]);
        }}
      >
        <label>
          Words
          <textarea
            dir="auto"
            rows={10}
            value={text}
            disabled={file !== null}
            placeholder={"One line a line.\n\nAn empty line begins a verse."}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className={css.file}>
          <input
            ref={picker}
            type="file"
            hidden
            accept={PICKED_LYRICS}
            aria-label="Lyrics file"
            onChange={(event) => {
              take(event.target.files?.[0]);
              event.target.value = ""; // the same file can be picked again
            }}
          />
          <Button onClick={() => picker.current?.click()}>
            <Upload size={18} /> Open a file
          </Button>
          {file && (
            <>
              <span>{file.name}</span>
              <Button kind="quiet" onClick={() => (setFile(null), setUnclear(null))}>
                Take it out
              </Button>
            </>
          )}
        </div>
        {file && unclear && <EncodingChoice bytes={unclear} value={encoding} onChange={setEncoding} />}
        {problem && <Notice tone="error">{problem}</Notice>}
        <div className={css.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            busy={busy}
            disabled={file ? unclear !== null && !encoding : !text.trim()}
          >
            {newer === null ? (replaces ? "Replace" : "Add") : "Replace anyway"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const isAboutEncoding = (error: unknown) =>
  error instanceof Problem &&
  Array.isArray(error.details) &&
  (error.details as { field?: string }[]).some(({ field }) => field === "encoding");
