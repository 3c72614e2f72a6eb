import { FolderPlus, Plus, SlidersHorizontal, Upload as UploadIcon } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { checkSong, PICKED, playedSeconds } from "./checks";
import { LanguageChoice, ModelChoice } from "./Choices";
import { canChooseFolder, fromDrop, fromPicker } from "./folder";
import { ImportReport } from "./ImportReport";
import type { Model, UploadView } from "./model";
import type { Queue } from "./queue";
import { foremost, moment, NO_TALLY, tallied, totals } from "./tally";
import { UploadRow } from "./UploadRow";
import css from "./uploads.module.css";
import { useDrop } from "./useDrop";
import { useImport } from "./useImport";
import { useUploads } from "./useUploads";

/** How many rows are shown of many songs on their way, and at most. */
const [FEW, MOST] = [6, 100];

/** The place to bring songs to: a button, the whole page to drop on, and what is on its way. */
export default function UploadPanel() {
  const { queue, uploads, pause } = useUploads();
  const [language, setLanguage] = useState<string | null>(null);
  const [model, setModel] = useState<Model>("auto");
  const [more, setMore] = useState(false);
  const { report, take, refuse, close, addKnown } = useImport(queue, { language, model });
  const picker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);
  const id = useId();

  async function replace(queue: Queue, upload: UploadView, file: File) {
    const verdict = await checkSong(file, playedSeconds);
    if (!verdict.ok) return refuse({ name: file.name, why: verdict.why });
    queue.cancel(upload.id);
    const { details, words, model } = upload;
    await queue.add([{ file, contentType: verdict.contentType, details, words, model }]);
  }

  const over = useDrop((dropped) => void take(fromDrop(dropped), dropped.some(isFolder)));
  const onItsWay = uploads.filter(({ phase }) => phase === "waiting").length;
  const held = uploads.find(({ phase, songId }) => phase === "waiting" && !songId);
  const { checking } = report;
  return (
    <section aria-label="Add songs" className={css.panel}>
      <div className={css.top}>
        <Button id={id} kind="primary" disabled={!queue} onClick={() => picker.current?.click()}>
          <Plus size={20} aria-hidden="true" /> Add songs
        </Button>
        {canChooseFolder() && (
          <Button disabled={!queue} onClick={() => folderPicker.current?.click()}>
            <FolderPlus size={18} aria-hidden="true" /> Add a folder
          </Button>
        )}
        <p className={css.quiet}>
          <span className={css.dropping}>or drop them anywhere. </span>MP3, WAV, M4A, FLAC, OGG; up to 50 MB and 10
          minutes each.
        </p>
        <Button
          kind="quiet"
          aria-expanded={more}
          aria-controls={more ? `${id}-more` : undefined}
          onClick={() => setMore(!more)}
        >
          <SlidersHorizontal size={18} aria-hidden="true" /> More
        </Button>
      </div>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={PICKED}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = ""; // so that the same one can be chosen again
          if (files.length) void take({ found: files.map((file) => ({ file, folder: "" })), unread: [] });
        }}
      />
      <input
        ref={folderPicker}
        type="file"
        hidden
        {...{ webkitdirectory: "" }}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length) void take(fromPicker(files), true);
        }}
      />
      {more && (
        <div id={`${id}-more`} role="group" aria-label="For the songs you add next" className={css.more}>
          <p className={css.quiet}>For the songs you add next:</p>
          <div className={css.fields}>
            <LanguageChoice value={language} onChange={setLanguage} />
            <ModelChoice value={model} onChange={setModel} />
          </div>
        </div>
      )}
      <ImportReport report={report} onClose={close} onAddKnown={() => void addKnown()} />
      {pause && held && (
        <Notice action={<Button onClick={() => queue?.retry(held.id)}>Try now</Button>}>
          {pause.text} The songs that wait are kept, and go on by themselves
          {pause.until === null ? "" : ` ${moment(pause.until)} at the latest`}.
        </Notice>
      )}
      {uploads.some(({ kept, phase }) => !kept && phase === "waiting") && (
        <Notice>This device has no room to keep these songs: leave this page open until they are sent.</Notice>
      )}
      <p className={checking ? css.quiet : "visually-hidden"} role="status">
        {checking ? `Looking at ${count(checking)}…` : onItsWay ? `${count(onItsWay)} on the way.` : ""}
      </p>
      {queue && uploads.length > 0 && (
        <OnTheirWay
          uploads={uploads}
          queue={queue}
          onReplace={(upload, file) => void replace(queue, upload, file)}
          onCancel={() => document.getElementById(id)?.focus()}
        />
      )}
      {over && (
        <div className={css.overlay} aria-hidden="true">
          <div>
            <UploadIcon size={40} /> Drop your songs
          </div>
        </div>
      )}
    </section>
  );
}

interface OnTheirWayProps {
  uploads: readonly UploadView[];
  queue: Queue;
  onReplace(upload: UploadView, file: File): void;
  onCancel(): void;
}

/** How far all songs have come, and each of them; of many only those that matter most. */
function OnTheirWay({ uploads, queue, onReplace, onCancel }: OnTheirWayProps) {
  const [tally, setTally] = useState(NO_TALLY);
  if (tally.of !== uploads) setTally(tallied(tally, uploads));
  const [all, setAll] = useState(false);
  const shown = foremost(uploads, all ? MOST : FEW);
  const hidden = uploads.length - shown.length;
  useEffect(() => {
    // A row takes itself off the list once it has been seen; these have none.
    for (const { id, phase, wordsTrouble } of uploads)
      if (phase === "sent" && !wordsTrouble && !shown.some((one) => one.id === id)) queue.dismiss(id);
  });
  const { arrived, songs, percent } = totals(tally);
  const label = `${arrived.toLocaleString("en")} of ${count(songs)} sent`;
  return (
    <div className={css.onTheirWay}>
      {songs > 1 && (
        <div className={css.all}>
          <p className={css.quiet}>
            {label} · {Math.floor(percent)} %
          </p>
          <Progress value={percent} label="All songs" />
        </div>
      )}
      <ul className={css.rows} aria-label="Songs on their way">
        {shown.map((upload) => (
          <UploadRow
            key={upload.id}
            upload={upload}
            queue={queue}
            onReplace={(file) => onReplace(upload, file)}
            onCancel={onCancel}
          />
        ))}
      </ul>
      {(hidden > 0 || all) && uploads.length > FEW && (
        <Button kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${Math.min(hidden, MOST - FEW).toLocaleString("en")} more`}
          {all && hidden > 0 ? ` (${hidden.toLocaleString("en")} are not shown)` : ""}
        </Button>
      )}
    </div>
  );
}

const isFolder = (one: FileSystemEntry | File) => !(one instanceof File) && one.isDirectory;
const count = (songs: number) => (songs === 1 ? "1 song" : `${songs.toLocaleString("en")} songs`);
