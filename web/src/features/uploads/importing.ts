import {
  checkSong,
  detailsFromName,
  isLyricsName,
  isSongName,
  playedSeconds,
  readWords,
  sortOut,
  splitName,
} from "./checks";
import { type Known, sameBytes } from "./duplicates";
import type { Gathered } from "./folder";
import type { Model, NewSong, UploadView } from "./model";
import type { Queue } from "./queue";
import { readTags } from "./tags";

/** How many files are looked at at once. */
const LOOKS = 3;

export interface Refusal {
  name: string;
  why: string;
}

/** What has become of files that were brought, so far. */
export interface Report {
  /** Songs that are still to be looked at. */
  checking: number;
  added: number;
  refusals: readonly Refusal[];
  /** Files that are no music, by name: nobody meant to bring them. */
  skipped: readonly string[];
  /** Songs that are in the library, or came twice. Nothing is wrong with them: a person may add them all the same. */
  known: readonly NewSong[];
}

export const NOTHING: Report = { checking: 0, added: 0, refusals: [], skipped: [], known: [] };

export interface Wishes {
  language: string | null;
  model: Model;
}

interface Ports {
  queue: Queue;
  /** Reads what the library has. Called for several songs at once only; may reject: all are then taken. */
  readKnown(): Promise<Known>;
  /** Called with each change. */
  onReport(report: Report): void;
  secondsOf?: typeof playedSeconds;
}

/**
 * Looks at files and adds the songs among them, each as soon as it has been looked at. No file holds another one up.
 * `wholeFolder`: what is no music is skipped in place of refused.
 */
export async function importFiles(
  { found, unread }: Gathered,
  wholeFolder: boolean,
  { language, model }: Wishes,
  { queue, readKnown, onReport, secondsOf = playedSeconds }: Ports,
): Promise<void> {
  const report = { ...NOTHING, refusals: [] as Refusal[], skipped: [] as string[], known: [] as NewSong[] };
  const tell = () => onReport({ ...report });
  const refuse = (name: string, why: string) => report.refusals.push({ name, why });
  for (const name of unread)
    refuse(name, "cannot be read. See that it is still there and yours to open, then add it again.");

  const isMeant = (name: string) => !wholeFolder || isSongName(name) || isLyricsName(name);
  const folders = new Map<string, File[]>();
  for (const { file, folder } of found)
    if (!isMeant(file.name)) report.skipped.push(folder ? `${folder}/${file.name}` : file.name);
    else folders.set(folder, [...(folders.get(folder) ?? []), file]);

  // Words belong to the song of the same name in the same folder.
  const sorted = [...folders.values()].map(sortOut);
  const songs = sorted.flatMap((part) => part.songs);
  report.checking = songs.length;
  tell();
  for (const file of sorted.flatMap(({ alone }) => alone)) {
    const own = queue.views().find((one) => baseOf(one.name) === baseOf(file.name));
    if (own)
      await readWords(file).then(
        (words) => queue.giveWords(own.id, words),
        (error: Error) => refuse(file.name, `is not taken. ${error.message}`),
      );
    else if (wholeFolder) report.skipped.push(file.name);
    else refuse(file.name, "has no song of the same name here. Open a song’s details to add it there.");
  }
  // One song is recognised by its sound soon enough; of hundreds, sending them would be in vain.
  const isKnown = songs.length > 1 ? await readKnown().catch(() => () => false) : () => false;
  const taken: File[] = [];

  async function takeSong({ file, lyrics }: (typeof songs)[number]) {
    if (queue.views().some((one) => isSame(one, file)))
      return refuse(file.name, "is already on its way. Nothing to do.");
    const verdict = await checkSong(file, secondsOf);
    if (!verdict.ok) return refuse(file.name, verdict.why);
    const words = lyrics && (await readWords(lyrics).catch((error: Error) => error));
    if (words instanceof Error) refuse(lyrics?.name ?? "", `is not taken; the song goes on without. ${words.message}`);
    const [guess, tags] = [detailsFromName(file.name), await readTags(file)];
    const details = { title: tags.title ?? guess.title, artist: tags.artist ?? guess.artist, language };
    const song: NewSong = {
      ...{ file, details, model, contentType: verdict.contentType },
      words: words instanceof Error ? null : words,
    };
    const twins = taken.filter(({ size }) => size === file.size);
    taken.push(file);
    const isTwin = async (other: File) => sameBytes(file, other).catch(() => false);
    const twice = (await Promise.all(twins.map(isTwin))).some(Boolean);
    if (twice || isKnown({ sizeBytes: file.size, title: details.title })) return report.known.push(song);
    report.added++;
    await queue.add([song]);
  }
  const rest = songs.values();
  const lookOn = async () => {
    for (const song of rest) {
      await takeSong(song).catch(() => refuse(song.file.name, "could not be added. Add it again."));
      report.checking--;
      tell();
    }
  };
  await Promise.all(Array.from({ length: LOOKS }, lookOn));
  tell();
}

const baseOf = (name: string) => splitName(name.normalize("NFC"))[0].toLowerCase();
const isSame = (upload: UploadView, file: File) =>
  upload.phase === "waiting" && upload.name === file.name && upload.sizeBytes === file.size;
