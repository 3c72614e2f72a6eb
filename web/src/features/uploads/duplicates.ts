import { type Api, data, type Song } from "@/api/client";

/** Songs that hold nothing are no reason to leave a file out. */
const holdsSound = ({ status }: Song) => status === "QUEUED" || status === "PROCESSING" || status === "COMPLETED";
const plain = (text: string | null | undefined) => (text ?? "").normalize("NFC").trim().toLowerCase();
const trace = (sizeBytes: number | null, title: string | null) => `${sizeBytes} ${plain(title)}`;

/**
 * Knows a file that has become a song already, by its size to the byte and its title. What has another name by now is
 * recognised by its sound once it has arrived (`sameAs`).
 */
export type Known = (file: { sizeBytes: number; title: string | null }) => boolean;

/** Reads the whole library, a hundred songs a call. Rejects with Problem. */
export async function readKnown(api: Api): Promise<Known> {
  const traces = new Set<string>();
  for (let cursor: string | undefined, more = true; more;) {
    const page = await data(api.GET("/songs", { params: { query: { limit: 100, cursor } } }));
    for (const song of page.data) if (holdsSound(song)) traces.add(trace(song.fileSizeBytes, song.title));
    cursor = page.nextCursor ?? undefined;
    more = cursor !== undefined;
  }
  return ({ sizeBytes, title }) => traces.has(trace(sizeBytes, title));
}

const PIECE = 1024 * 1024;

/** Whether two files are the same to the byte. Rejects if one cannot be read. */
export async function sameBytes(a: Blob, b: Blob): Promise<boolean> {
  if (a.size !== b.size) return false;
  for (let from = 0; from < a.size; from += PIECE) {
    const [one, other] = await Promise.all([a, b].map((file) => file.slice(from, from + PIECE).arrayBuffer()));
    const left = new Uint8Array(one ?? new ArrayBuffer());
    const right = new Uint8Array(other ?? new ArrayBuffer());
    if (left.some((byte, at) => byte !== right[at])) return false;
  }
  return true;
}
