import type { Note } from "@/api/measurements";

/** What was sung in a take: a MIDI pitch every `step` seconds of the take, null where there is no singing. */
export interface Curve {
  step: number;
  midi: readonly (number | null)[];
}

/** A line of the words, or a phrase of a song without words, in seconds of the song. */
export interface Line {
  start: number;
  end: number;
  text: string;
}

/** How a take compares with the song. Pitch and timing do not touch each other: a line that is late can be in tune. */
export interface Compared {
  /** 0–1: how much of what was sung is in tune; null where too little is sung to tell. */
  pitch: number | null;
  /** How much higher (or, negative, lower) than the song; null where other notes are sung. */
  cents: number | null;
  /** How much later (or, negative, earlier) than the song, in ms; null where that cannot be heard. */
  lateMs: number | null;
  /** 0–1: how much of the melody is sung. */
  sung: number;
}

export interface ComparedLine extends Compared {
  line: Line;
}

export interface Score extends Compared {
  lines: ComparedLine[];
  /** Semitones by which the whole take is in another key than the song: −5 to 6, octaves apart are the same. */
  key: number;
  /** Whether all lines are late, or early, by about the same: then it is rather the device than the singer. */
  steady: boolean;
}

/** A note is in tune up to here (semitones), and has nothing of it left at `OFF`. */
const [TRUE, OFF] = [0.2, 1];
/** Seconds: how far a take, and then a line of it, is looked for around its place. */
const [TAKE_LAG, LINE_LAG] = [1, 0.35];
/** The edges of a note (seconds) are on the way from the one before, and to the next. */
const EDGE = 0.05;
/** Shares of the melody that must be sung: of a note to be judged, of a line to have a timing. */
const [NOTE_SUNG, LINE_SUNG] = [0.3, 0.4];
/** Seconds: a note this near to a line belongs to it. */
const NEAR = 1;
/** Seconds: a rest this long ends a phrase. */
const REST = 0.8;
/** Semitones from a key within which a pitch counts for it, and the share by which another key must fit better. */
const [IN_KEY, CLEARLY] = [0.75, 0.25];
/** Seconds around a note that count for its timing: its beginning and its end are what is compared. */
const EDGES = 0.1;
/** A place is found where the distance (semitones, at most 1) is less than elsewhere by this. */
const CLEAR = 0.1;
/** What the farthest place costs more than the nearest: other notes may fit by chance where they lie elsewhere. */
const FAR = 0.1;
/** Lines whose timing differs by no more than this (ms) are late by the same, and how many of the lines that must be. */
const [STEADY_MS, MOST] = [40, 0.7];

/** Distance of two pitches in semitones; octaves do not count: −6 to 6. */
export const fold = (semitones: number): number => semitones - 12 * Math.round(semitones / 12);

/**
 * Compare a take with its song. `offsetMs` is the place in the song of the take's beginning. Null where the song's melody
 * is not known, or the take has no part of it.
 */
export function compare(curve: Curve, offsetMs: number, notes: readonly Note[], lines: readonly Line[]): Score | null {
  const [from, to] = [offsetMs / 1000, offsetMs / 1000 + curve.midi.length * curve.step];
  const known = notes.filter((note) => note.end > from && note.start < to);
  if (!known.length) return null;
  const frames = framesOf(curve, offsetMs, known);
  frames.key = keyOf(frames);
  const lag = lagOf(frames, known, 0, TAKE_LAG);

  const judged: Judged[] = [];
  const compared = share(known, lines.length ? lines : phrases(known)).map(({ line, own }): ComparedLine => {
    const sung = sungShare(frames, own, lag ?? 0);
    const found = line !== ELSEWHERE && sung >= LINE_SUNG ? lagOf(frames, own, lag ?? 0, LINE_LAG) : null;
    const here = own.map((note) => judge(frames, note, found ?? lag ?? 0));
    judged.push(...here);
    return { line, ...summed(here), sung, lateMs: ms(frames, found) };
  });
  const lates = compared.flatMap(({ lateMs, line, sung }) =>
    lateMs === null ? [] : [{ value: lateMs, weight: sung * (line.end - line.start) }],
  );
  const late = median(lates);
  const alike = lates.filter(({ value }) => Math.abs(value - (late ?? 0)) <= STEADY_MS);
  return {
    lines: compared.filter(({ line }) => line !== ELSEWHERE),
    key: frames.key,
    ...summed(judged),
    sung: sungShare(frames, known, lag ?? 0),
    lateMs: late === null ? ms(frames, lag) : Math.round(late),
    steady: lates.length > 1 && weightOf(alike) >= MOST * weightOf(lates),
  };
}

/** Pitches of song and take in steps of time, NaN where nothing is sung. Frame `pad` is the song's beginning. */
interface Frames {
  song: Float32Array;
  take: Float32Array;
  step: number;
  pad: number;
  key: number;
  /** The part of a frame by which the take's place was rounded. */
  ahead: number;
}

function framesOf({ step, midi }: Curve, offsetMs: number, notes: readonly Note[]): Frames {
  const pad = Math.ceil((TAKE_LAG + LINE_LAG) / step) + 1;
  const end = Math.max(...notes.map((note) => note.end));
  const song = new Float32Array(Math.ceil(end / step) + 2 * pad).fill(NaN);
  const frames = { song, take: song.slice(), step, pad, key: 0, ahead: 0 };
  for (const note of notes) song.fill(pitchOf(note), ...span(frames, note));
  const begins = offsetMs / 1000 / step;
  frames.ahead = begins - Math.round(begins);
  for (let i = 0; i < song.length; i++) frames.take[i] = midi[i - pad - Math.round(begins)] ?? NaN;
  return frames;
}

const pitchOf = ({ midi, cents }: Note) => midi + (cents ?? 0) / 100;

/** The first frame of a note, and the first behind it. */
const span = ({ step, pad }: Frames, { start, end }: Pick<Note, "start" | "end">): [number, number] => [
  Math.round(start / step) + pad,
  Math.round(end / step) + pad,
];

/** How far the take is from the song at a frame, `lag` frames later in the take; NaN where one of them is silent. */
const away = ({ song, take, key }: Frames, i: number, lag: number) =>
  fold((take[i + lag] ?? NaN) - (song[i] as number) - key);

/** The key in which most of the take agrees with the song: its own, unless another one clearly fits better. */
function keyOf(frames: Frames): number {
  const counts = new Array<number>(12).fill(0);
  let both = 0;
  for (let i = 0; i < frames.song.length; i++) {
    const distance = away(frames, i, 0);
    if (Number.isNaN(distance)) continue;
    both++;
    for (let key = -5; key <= 6; key++)
      if (Math.abs(fold(distance - key)) <= IN_KEY) counts[key + 5] = (counts[key + 5] as number) + 1;
  }
  const best = counts.indexOf(Math.max(...counts)) - 5;
  const more = ((counts[best + 5] as number) - (counts[5] as number)) / Math.max(1, both);
  return more > CLEARLY ? best : 0;
}

/** By how many frames (with a fraction) the take follows the song over these notes; null where no place is better. */
function lagOf(frames: Frames, notes: readonly Note[], around: number, reach: number): number | null {
  const first = Math.round(around);
  const most = Math.round(reach / frames.step);
  const edge = Math.round(EDGES / frames.step);
  const stretches = notes.map((note) => span(frames, note)).map(([from, to]) => [from - edge, to + edge] as const);
  const costs: number[] = [];
  for (let lag = first - most; lag <= first + most; lag++) {
    let [cost, count] = [0, 0];
    for (const [from, to] of stretches)
      for (let i = Math.max(0, from); i < to; i++) {
        const distance = Math.abs(away(frames, i, lag));
        const [song, take] = [frames.song[i] as number, frames.take[i + lag] ?? NaN];
        if (Number.isNaN(song) && Number.isNaN(take)) continue;
        cost += Number.isNaN(distance) ? 1 : Math.min(1, distance);
        count++;
      }
    costs.push((count ? cost / count : 1) + (FAR * Math.abs(lag - first)) / most);
  }
  const least = Math.min(...costs);
  const usual = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  if (usual - least < CLEAR) return null;
  // Of equal places the nearest to where it was looked for.
  const places = costs.flatMap((cost, i) => (cost <= least + 1e-9 ? [i] : []));
  const at = places.reduce((near, i) => (Math.abs(i - most) < Math.abs(near - most) ? i : near));
  const [before, here, after] = [costs[at - 1] ?? least, least, costs[at + 1] ?? least];
  const bend = before - 2 * here + after;
  return first - most + at + (bend > 0 ? (before - after) / (2 * bend) : 0);
}

const ms = ({ step, ahead }: Frames, lag: number | null) =>
  lag === null ? null : Math.round((lag + ahead) * step * 1000);

function sungShare(frames: Frames, notes: readonly Note[], lag: number): number {
  let [sung, all] = [0, 0];
  for (const note of notes) {
    const [from, to] = span(frames, note);
    for (let i = from; i < to; i++) if (!Number.isNaN(frames.take[i + Math.round(lag)] ?? NaN)) sung++;
    all += to - from;
  }
  return all ? sung / all : 0;
}

interface Judged {
  /** Semitones from the song's note; null where it is not sung. */
  off: number | null;
  /** Seconds. */
  weight: number;
}

function judge(frames: Frames, note: Note, lag: number): Judged {
  const weight = note.end - note.start;
  const edge = Math.min(EDGE, weight / 4);
  const [from, to] = span(frames, { start: note.start + edge, end: note.end - edge });
  const found: number[] = [];
  for (let i = from; i < to; i++) {
    const distance = away(frames, i, Math.round(lag));
    if (!Number.isNaN(distance)) found.push(distance);
  }
  const enough = found.length >= Math.max(1, NOTE_SUNG * (to - from));
  return { off: enough ? median(found.map((value) => ({ value, weight: 1 }))) : null, weight };
}

/** Pitch of notes together. A note that is a semitone off or more is another note: it says nothing about the tuning. */
function summed(judged: readonly Judged[]): Pick<Compared, "pitch" | "cents"> {
  let [right, all, known] = [0, 0, 0];
  const near: Weighed[] = [];
  for (const { off, weight } of judged) {
    known += weight;
    if (off === null) continue;
    all += weight;
    right += weight * Math.min(1, Math.max(0, (OFF - Math.abs(off)) / (OFF - TRUE)));
    if (Math.abs(off) < OFF) near.push({ value: off, weight });
  }
  if (all < NOTE_SUNG * known || !all) return { pitch: null, cents: null };
  const off = weightOf(near) < all / 2 ? null : median(near);
  return { pitch: right / all, cents: off === null ? null : Math.round(100 * off) };
}

interface Weighed {
  value: number;
  weight: number;
}

const weightOf = (values: readonly Weighed[]) => values.reduce((sum, { weight }) => sum + weight, 0);

function median(values: readonly Weighed[]): number | null {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const half = weightOf(sorted) / 2;
  let passed = 0;
  for (const { value, weight } of sorted) if ((passed += weight) >= half) return value;
  return null;
}

/** Each line with its notes, and the notes that belong to none. */
function share(notes: readonly Note[], lines: readonly Line[]): { line: Line; own: Note[] }[] {
  const parts = [...lines.map((line) => ({ line, own: [] as Note[] })), { line: ELSEWHERE, own: [] as Note[] }];
  const distance = ({ start, end }: Line, at: number) => Math.max(start - at, at - end, 0);
  for (const note of notes) {
    const middle = (note.start + note.end) / 2;
    const nearest = parts.reduce((best, part) =>
      distance(part.line, middle) < distance(best.line, middle) ? part : best,
    );
    (distance(nearest.line, middle) <= NEAR ? nearest : parts.at(-1))?.own.push(note);
  }
  return parts.filter(({ own }) => own.length);
}

/** Of no line: it is infinitely far from everything. */
const ELSEWHERE: Line = { start: Infinity, end: Infinity, text: "" };

/** The lines of a song without words: notes up to the next rest. */
function phrases(notes: readonly Note[]): Line[] {
  const found: Line[] = [];
  for (const { start, end } of notes) {
    const last = found.at(-1);
    if (last && start - last.end < REST) last.end = Math.max(last.end, end);
    else found.push({ start, end, text: "" });
  }
  return found;
}
