/** A note to sing: seconds of the song, and its MIDI pitch. */
export interface RollNote {
  start: number;
  end: number;
  midi: number;
}

/** What was sung: a pitch every `step` seconds from `begins` (seconds of the song), null where there is no singing. */
export interface Sung {
  begins: number;
  step: number;
  midi: readonly (number | null)[];
}

/** Seconds of the melody that are seen behind the voice, and ahead of it. */
export const [BEHIND, AHEAD] = [1.5, 5];
/** Semitones that are seen at least: a line of two notes is no leap over the whole height. */
const LEAST_RANGE = 8;

/** The notes that lie in view at a moment. */
export const inView = (notes: readonly RollNote[], seconds: number): RollNote[] =>
  notes.filter(({ start, end }) => end > seconds - BEHIND && start < seconds + AHEAD);

/** The note to be sung at a moment; the next one where none is. */
export const noteAt = (notes: readonly RollNote[], seconds: number): RollNote | undefined =>
  notes.find(({ end }) => end > seconds);

/** The lowest and the highest pitch of the melody, with a semitone to spare on both sides. */
export function rangeOf(notes: readonly RollNote[]): { low: number; high: number } {
  const pitches = notes.map(({ midi }) => midi);
  const [low, high] = [Math.min(...pitches), Math.max(...pitches)];
  const spare = Math.max(1, (LEAST_RANGE - (high - low)) / 2);
  return { low: low - spare, high: high + spare };
}

/** Where a note is drawn, as shares of the width and the height: 0 is left, and up. */
export function boxOf(note: RollNote, seconds: number, { low, high }: { low: number; high: number }) {
  const at = (time: number) => (time - seconds + BEHIND) / (BEHIND + AHEAD);
  return { left: at(note.start), right: at(note.end), top: (high - note.midi) / (high - low) };
}

/** Semitones: a greater leap between two moments is no line of the voice. */
const LEAP = 3;

/** What was sung in view at a moment, in stretches without a pause or a leap. */
export function sungInView({ begins, step, midi }: Sung, seconds: number): { at: number; midi: number }[][] {
  const index = (time: number) => Math.round((time - begins) / step);
  const stretches: { at: number; midi: number }[][] = [];
  let before: number | null = null;
  for (let i = Math.max(0, index(seconds - BEHIND)); i < Math.min(midi.length, index(seconds + AHEAD)); i++) {
    const pitch = midi[i] ?? null;
    if (pitch !== null) {
      if (before === null || Math.abs(pitch - before) > LEAP) stretches.push([]);
      stretches.at(-1)?.push({ at: begins + i * step, midi: pitch });
    }
    before = pitch;
  }
  return stretches;
}
