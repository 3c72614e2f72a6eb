import { type Api, data, Problem } from "@/api/client";
import type { components } from "@/api/schema";
import { filePath, type Named } from "./paths";
import type { Target } from "./targets";

type Page = components["schemas"]["AccountPage"];
type Row = Page["data"][number];

/** The song or recording that a row is about. */
const subject = (row: Row): Named =>
  "song" in row
    ? { songId: row.song.songId, title: row.song.title }
    : { songId: row.session.sessionId, title: row.session.title ?? "Recording" };

/** The cursor of the page behind a row; pages of recordings come after those of songs. */
const cursorBehind = (row: Row | undefined, next: Row): string | undefined =>
  "song" in next ? row && subject(row).songId : `session:${row && "session" in row ? row.session.sessionId : ""}`;

/** Everything the service holds of somebody: the pages of the export as one. */
export interface Holdings {
  account: Page["account"];
  rows: Row[];
  /** The measurements that were asked for, and what an outside source answered. */
  measurements: Page["measurements"];
  /** Practice cards, the log of their answers, and settings. */
  practice: Page["practice"];
  /** When the first of the links ends. */
  urlsExpireAt: string | null;
}

/** A file that could not be read, and the link by which it can be opened. */
export interface Missed {
  path: string;
  url: string;
}

export interface Step {
  done: number;
  of: number;
  /** What is being saved. */
  path: string;
}

const page = (api: Api, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET("/account/export", { params: { query: { cursor } }, signal }));

/** Reads every page. Rejects with Problem. */
export async function readHoldings(api: Api, signal: AbortSignal): Promise<Holdings> {
  const rows = new Map<string, Row>();
  const measurements: Page["measurements"] = [];
  const practice: Page["practice"] = [];
  let urlsExpireAt: string | null = null;
  let cursor: string | undefined;
  for (;;) {
    const {
      account,
      data: more,
      measurements: measured,
      practice: practised,
      nextCursor,
      urlsExpireAt: end,
    } = await page(api, cursor, signal);
    measurements.push(...measured);
    practice.push(...practised);
    // A song that comes a second time is the newer copy.
    for (const row of more) rows.set(subject(row).songId, row);
    if (more.length) urlsExpireAt ??= end;
    if (!nextCursor || nextCursor === cursor)
      return { account, rows: [...rows.values()], measurements, practice, urlsExpireAt };
    cursor = nextCursor;
  }
}

/** The rows as a file. With `paths`, files are named by their paths in the same folder; else by their links. */
export function listing(holdings: Holdings, { paths = false } = {}): string {
  const { account, rows, measurements, practice, urlsExpireAt } = holdings;
  const named = rows.map((row) => ({
    ...row,
    files: paths
      ? Object.fromEntries(Object.keys(row.files).map((name) => [name, filePath(subject(row), name)]))
      : { ...row.files },
  }));
  const links = paths ? {} : { urlsExpireAt };
  return JSON.stringify({ account, data: named, measurements, practice, ...links }, null, 2) + "\n";
}

/** Links of a row that are good now; the export's pages begin behind the id that is their cursor. */
async function freshFiles(api: Api, rows: Row[], row: Row, signal: AbortSignal): Promise<Row["files"]> {
  const before = cursorBehind(rows[rows.indexOf(row) - 1], row);
  const { data: found } = await page(api, before, signal);
  return found.find((one) => subject(one).songId === subject(row).songId)?.files ?? {};
}

/**
 * Saves every file, and `unplugd.json` with the rows. Answers with what could not be read. Rejects with Problem when
 * the service cannot be reached, and with the signal's reason when it is aborted.
 */
export async function takeOut(
  api: Api,
  target: Target,
  signal: AbortSignal,
  onStep: (step: Step) => void,
  fetcher: typeof fetch = (...a) => fetch(...a),
): Promise<Missed[]> {
  const holdings = await readHoldings(api, signal);
  const of = holdings.rows.reduce((sum, { files }) => sum + Object.keys(files).length, 0);
  const missed: Missed[] = [];
  let done = 0;

  async function one(path: string, url: string): Promise<boolean> {
    let answer: Response;
    try {
      answer = await fetcher(url, { signal });
    } catch {
      signal.throwIfAborted();
      return false;
    }
    if (!answer.ok) return false;
    try {
      await target.save(path, answer, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Problem) throw error;
      // The connection broke in the middle of the file. Anything else is the disk's: full, or not ours to write to.
      if (error instanceof TypeError) return false;
      throw new Problem(0, "unsaved", "The files cannot be saved there. Is there room enough? Choose another folder.");
    }
  }

  for (const row of holdings.rows) {
    let files = row.files;
    for (const name of Object.keys(row.files)) {
      const path = filePath(subject(row), name);
      onStep({ done, of, path });
      let url = files[name];
      if (!url || !(await one(path, url))) {
        // Links end after a quarter of an hour.
        files = await freshFiles(api, holdings.rows, row, signal);
        url = files[name];
        // A file that is not there any more has been deleted in the meantime.
        if (url && !(await one(path, url))) missed.push({ path, url });
      }
      done += 1;
    }
  }
  await target.save("unplugd.json", new Response(listing(holdings, { paths: true })), signal);
  await target.finish(signal);
  return missed;
}
