import type { Note } from "@/api/measurements";

/** Seconds of the melody that are seen behind the voice, and ahead of it. */
export const [BEHIND, AHEAD] = [1.5, 5];
/** Semitones that are seen at least: a line of two notes is no leap over the whole height. */
const LEAST_RANGE = 8;

/** The notes that lie in view at a moment. */
export const inView = (notes: readonly Note[], seconds: number): Note[] =>
  notes.filter(({ start, end }) => end > seconds - BEHIND && start < seconds + AHEAD);

/** The note to be sung at a moment; the next one where none is. */
export const noteAt = (notes: readonly Note[], seconds: number): Note | undefined =>
  notes.find(({ end }) => end > seconds);

/** The lowest and the highest pitch of the melody, with a semitone to spare on both sides. */
export function rangeOf(notes: readonly Note[]): { low: number; high: number } {
  const pitches = notes.map(({ midi }) => midi);
  const [low, high] = [Math.min(...pitches), Math.max(...pitches)];
  const spare = Math.max(1, (LEAST_RANGE - (high - low)) / 2);
  return { low: low - spare, high: high + spare };
}

/** Where a note is drawn, as shares of the width and the height: 0 is left, and up. */
export function boxOf(note: Note, seconds: number, { low, high }: { low: number; high: number }) {
  const at = (time: number) => (time - seconds + BEHIND) / (BEHIND + AHEAD);
  return { left: at(note.start), right: at(note.end), top: (high - note.midi) / (high - low) };
}
