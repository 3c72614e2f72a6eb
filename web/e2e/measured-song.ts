import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PersonsApi } from "./fixtures";
import type { Stack } from "./stack";

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Eight seconds at 120 bpm in C minor: four bars, each with a chord, and two parts. */
export const MEASURED = {
  beats: {
    anchors: [{ t: 0, beat: 0, bpm: 120 }],
    downbeats: [0, 2, 4, 6],
    meter: 4,
    candidates: [60, 120, 240],
    confidence: 0.9,
  },
  key: { tonic: "C", mode: "minor", confidence: 0.9, second: "Eb major", camelot: "5A" },
  chords: [
    { start: 0, end: 2, label: "C:min" },
    { start: 2, end: 4, label: "Ab:maj" },
    { start: 4, end: 6, label: "Eb:maj" },
    { start: 6, end: 8, label: "G:7" },
  ],
  sections: [
    { start: 0, end: 4, label: "A" },
    { start: 4, end: 8, label: "B" },
  ],
  loudness: { integrated: -12, range: 5, truePeak: -0.5 },
  melody: {
    notes: [
      { start: 0.5, end: 1.5, midi: 60, cents: 0 },
      { start: 1.5, end: 2.5, midi: 63, cents: 4 },
      { start: 4, end: 5, midi: 67, cents: -8 },
    ],
    confidence: 0.9,
  },
};

/** Writes what was measured of a finished song, as a measurement does: once more is measured again. Null: it never was. */
export async function measure(stack: Stack, api: PersonsApi, songId: string, measured: object | null = MEASURED) {
  await new Promise<void>((resolve, reject) => {
    const script = [join(REPO, "web/e2e/measure-song.py"), stack.dataDir, api.userId, songId];
    const child = execFile(join(REPO, ".venv/bin/python"), script, (error, _, trouble) =>
      error ? reject(new Error(trouble)) : resolve(),
    );
    child.stdin?.end(JSON.stringify(measured));
  });
}
