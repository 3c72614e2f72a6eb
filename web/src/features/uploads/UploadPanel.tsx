import { Plus, SlidersHorizontal, Upload as UploadIcon, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { checkSong, detailsFromName, PICKED, playedSeconds, readWords, sortOut, splitName } from "./checks";
import { LanguageChoice, ModelChoice } from "./Choices";
import type { Model, UploadView } from "./model";
import type { Queue } from "./queue";
import { readTags } from "./tags";
import { UploadRow } from "./UploadRow";
import css from "./uploads.module.css";
import { useDrop } from "./useDrop";
import { useUploads } from "./useUploads";

/** How many files are looked at at once. */
const LOOKS = 3;

interface Refusal {
  name: string;
  why: string;
}

/** The place to bring songs to: a button, the whole page to drop on, and what is on its way. */
export default function UploadPanel() {
  const { queue, uploads } = useUploads();
  const [language, setLanguage] = useState<string | null>(null);
  const [model, setModel] = useState<Model>("auto");
  const [more, setMore] = useState(false);
  const [checking, setChecking] = useState(0);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const picker = useRef<HTMLInputElement>(null);
  const id = useId();

  async function take(queue: Queue, files: readonly File[], folders: readonly string[] = []) {
    const refuse = (name: string, why: string) => setRefusals((all) => [...all, { name, why }]);
    setRefusals([]);
    for (const folder of folders) refuse(folder, "is a folder. Open it and drop the songs that are in it.");
    const { songs, alone } = sortOut(files);
    setChecking((count) => count + songs.length);
    for (const file of alone) {
      const own = queue.views().find((one) => baseOf(one.name) === baseOf(file.name));
      if (!own) refuse(file.name, "has no song of the same name here. Open a song’s details to add it there.");
      else
        await readWords(file).then(
          (words) => queue.giveWords(own.id, words),
          (error: Error) => refuse(file.name, `is not taken. ${error.message}`),
        );
    }
    async function takeSong({ file, lyrics }: (typeof songs)[number]) {
      if (queue.views().some((one) => isSame(one, file)))
        return refuse(file.name, "is already on its way. Nothing to do.");
      const verdict = await checkSong(file, playedSeconds);
      if (!verdict.ok) return refuse(file.name, verdict.why);
      const words = lyrics && (await readWords(lyrics).catch((error: Error) => error));
      if (words instanceof Error)
        refuse(lyrics?.name ?? "", `is not taken; the song goes on without. ${words.message}`);
      const [guess, tags] = [detailsFromName(file.name), await readTags(file)];
      const details = { title: tags.title ?? guess.title, artist: tags.artist ?? guess.artist, language };
      const { contentType } = verdict;
      await queue.add([{ file, contentType, details, words: words instanceof Error ? null : words, model }]);
    }
    const rest = songs.values();
    const lookOn = async () => {
      for (const song of rest) {
        await takeSong(song);
        setChecking((count) => count - 1);
      }
    };
    await Promise.all(Array.from({ length: LOOKS }, lookOn));
  }

  async function replace(queue: Queue, upload: UploadView, file: File) {
    const verdict = await checkSong(file, playedSeconds);
    if (!verdict.ok) return setRefusals([{ name: file.name, why: verdict.why }]);
    queue.cancel(upload.id);
    const { details, words, model } = upload;
    await queue.add([{ file, contentType: verdict.contentType, details, words, model }]);
  }

  const over = useDrop((files, folders) => queue && void take(queue, files, folders));
  const onItsWay = uploads.filter(({ phase }) => phase === "waiting").length;
  return (
    <section aria-label="Add songs" className={css.panel}>
      <div className={css.top}>
        <Button id={id} kind="primary" disabled={!queue} onClick={() => picker.current?.click()}>
          <Plus size={20} aria-hidden="true" /> Add songs
        </Button>
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
          if (queue && files.length) void take(queue, files);
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
      {refusals.length > 0 && (
        <Notice tone="error">
          <div className={css.refused}>
            <ul className={css.refusals}>
              {refusals.map(({ name, why }, index) => (
                <li key={index}>
                  <strong dir="auto">{name}</strong> {why}
                </li>
              ))}
            </ul>
            <IconButton label="Close" onClick={() => setRefusals([])}>
              <X size={18} />
            </IconButton>
          </div>
        </Notice>
      )}
      {uploads.some(({ kept, phase }) => !kept && phase === "waiting") && (
        <Notice>This device has no room to keep these songs: leave this page open until they are sent.</Notice>
      )}
      <p className={checking ? css.quiet : "visually-hidden"} role="status">
        {checking ? `Looking at ${count(checking)}…` : onItsWay ? `${count(onItsWay)} on the way.` : ""}
      </p>
      {queue && uploads.length > 0 && (
        <ul className={css.rows} aria-label="Songs on their way">
          {uploads.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              queue={queue}
              onReplace={(file) => void replace(queue, upload, file)}
              onCancel={() => document.getElementById(id)?.focus()}
            />
          ))}
        </ul>
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

const count = (songs: number) => (songs === 1 ? "1 song" : `${songs} songs`);
const baseOf = (name: string) => splitName(name.normalize("NFC"))[0].toLowerCase();
const isSame = (upload: UploadView, file: File) =>
  upload.phase === "waiting" && upload.name === file.name && upload.sizeBytes === file.size;
