import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { data, type Song } from "./client";
import { useApi } from "./context";
import type { components } from "./schema";
import { keys } from "./songs";

export type Measure = components["schemas"]["Measurement"]["measure"];
type Answer = components["schemas"]["Measurements"]["measures"];
type Change = components["schemas"]["MeasurementChange"]["value"];

/** A value, and which of its fields a person has set; those that are locked stay when the song is measured again. */
export interface Measured<Value> {
  value: Value;
  edited: readonly string[];
  locked: readonly string[];
}

export interface Beats {
  /** From `t` seconds, which is beat `beat`, `bpm` holds. */
  anchors: { t: number; beat: number; bpm: number }[];
  downbeats: number[];
  meter: number;
  /** 0–1; null where a person has set it. */
  confidence: number | null;
}

export interface KeyName {
  tonic: string;
  mode: "major" | "minor";
}

export interface Key extends KeyName {
  confidence: number | null;
  /** What it could be instead. */
  second: KeyName | null;
}

/** Seconds; a chord is written as `C:maj`, `A:min`, `G:7` or `N` for none, a section by its name. */
export interface Span {
  start: number;
  end: number;
  label: string;
}

export interface Loudness {
  /** LUFS */
  integrated: number;
  /** dBTP; null where it is not known. */
  truePeak: number | null;
}

export interface Note {
  start: number;
  end: number;
  midi: number;
  /** By how much the singing is off that pitch. */
  cents?: number;
}

export interface Measures {
  beats: Measured<Beats> | null;
  key: Measured<Key> | null;
  chords: Measured<Span[]> | null;
  sections: Measured<Span[]> | null;
  loudness: Measured<Loudness> | null;
  melody: Measured<Note[]> | null;
}

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Objects of a list that have all these numbers; what has not is left out. */
function rows<Name extends string>(value: unknown, names: readonly Name[]): (Record<Name, number> & Fields)[] {
  return list(value)
    .map(fields)
    .filter((one) => names.every((name) => number(one[name]) !== null)) as (Record<Name, number> & Fields)[];
}

function spans(value: unknown): Span[] | null {
  const found = rows(value, ["start", "end"]).flatMap(({ start, end, label }) =>
    typeof label === "string" && end > start ? [{ start, end, label }] : [],
  );
  return found.length ? found : null;
}

/** As an object, or in one string such as `A minor`. */
function keyName(value: unknown): KeyName | null {
  const [first, other] = typeof value === "string" ? value.split(" ") : [];
  const { tonic, mode } = first ? { tonic: first, mode: other } : fields(value);
  return typeof tonic === "string" && (mode === "major" || mode === "minor") ? { tonic, mode } : null;
}

const READERS: { [Name in Measure]: (value: unknown) => NonNullable<Measures[Name]>["value"] | null } = {
  beats(value) {
    const { anchors, downbeats, meter, confidence } = fields(value);
    const found = rows(anchors, ["t", "beat", "bpm"]).map(({ t, beat, bpm }) => ({ t, beat, bpm }));
    if (!found.length) return null;
    const times = list(downbeats).filter((one): one is number => number(one) !== null);
    return { anchors: found, downbeats: times, meter: number(meter) ?? 4, confidence: number(confidence) };
  },
  key(value) {
    const named = keyName(value);
    const { confidence, second } = fields(value);
    return named && { ...named, confidence: number(confidence), second: keyName(second) };
  },
  chords: spans,
  sections: spans,
  loudness(value) {
    const { integrated, truePeak } = fields(value);
    const level = number(integrated);
    return level === null ? null : { integrated: level, truePeak: number(truePeak) };
  },
  melody(value) {
    const notes = rows(fields(value).notes, ["start", "end", "midi"]).map(({ start, end, midi, cents }) => ({
      start,
      end,
      midi,
      cents: number(cents) ?? 0,
    }));
    return notes.length ? notes : null;
  },
};

/** One measure of an answer; null where nothing is known of it, or what is there cannot be understood. */
export function readMeasure<Name extends Measure>(name: Name, answer: Answer[Name]): Measures[Name] {
  const value = answer && READERS[name](answer.value);
  return (value ? { value, edited: answer.edited, locked: answer.locked } : null) as Measures[Name];
}

export function readMeasures(answer: Answer): Measures {
  const names = Object.keys(READERS) as Measure[];
  return Object.fromEntries(names.map((name) => [name, readMeasure(name, answer[name])])) as unknown as Measures;
}

const keyOf = ({ songId, measuredAt }: Pick<Song, "songId" | "measuredAt">) =>
  [...keys.song(songId), "measurements", measuredAt] as const;

/**
 * What is known of the song's music, read again when it was measured again. Null for a song that never was, and where it
 * could not be read; undefined as long as it is on its way.
 */
export function useMeasures(song: Song): Measures | null | undefined {
  const api = useApi();
  const { data: measures, isPending } = useQuery({
    queryKey: keyOf(song),
    enabled: song.measuredAt !== null,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const params = { path: { songId: song.songId } };
      return readMeasures((await data(api.GET("/songs/{songId}/measurements", { params, signal }))).measures);
    },
  });
  if (song.measuredAt === null) return null;
  return measures ?? (isPending ? undefined : null);
}

/** Sets fields of a measure, or with null goes back to what was measured. Rejects with Problem. */
export type ChangeMeasure = (measure: Measure, change: { value: Change; lock: boolean } | null) => Promise<void>;

export function useChangeMeasure(song: Song): ChangeMeasure {
  const api = useApi();
  const client = useQueryClient();
  return async (measure, change) => {
    const params = { path: { songId: song.songId, measure } };
    const path = "/songs/{songId}/measurements/{measure}";
    const { measured } = await data(change ? api.PUT(path, { params, body: change }) : api.DELETE(path, { params }));
    write(client, song, measure, measured);
  };
}

function write(client: QueryClient, song: Song, measure: Measure, measured: Answer[Measure]): void {
  client.setQueryData<Measures>(
    keyOf(song),
    (known) => known && { ...known, [measure]: readMeasure(measure, measured) },
  );
  // The row repeats tempo, key and loudness.
  void client.invalidateQueries({ queryKey: keys.song(song.songId), exact: true });
  void client.invalidateQueries({ queryKey: ["songs"] });
}
