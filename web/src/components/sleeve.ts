/** What a cover is drawn from. The same facts give the same cover, on every device. */
export interface SleeveFacts {
  /** Whose cover it is, such as a song's id. */
  seed: string;
  /** The key's place on the Camelot wheel: it gives the colour, so that songs that mix well look related. */
  camelot?: string | null;
  /** Beats a minute: the faster, the finer. */
  bpm?: number | null;
  /** The song's own loudness from start to end, each 0–1, where it is at hand; any length. */
  shape?: readonly number[] | null;
}

/** A cover as shapes in a square of 100 × 100. */
export interface Drawing {
  /** Degrees on the colour wheel: the ground, and what is drawn on it. */
  hue: number;
  otherHue: number;
  minor: boolean;
  motif: Motif;
  /** One path in each of three tones, from the quietest to the loudest; "" is none. */
  paths: readonly [string, string, string];
}

const MOTIFS = ["bars", "rings", "hills", "sun", "dots"] as const;
export type Motif = (typeof MOTIFS)[number];

export function drawSleeve({ seed, camelot, bpm, shape }: SleeveFacts): Drawing {
  const random = chance(seed);
  const motif = MOTIFS[Math.floor(random() * MOTIFS.length)] ?? "bars";
  const turn = random();
  const key = /^(1[0-2]|[1-9])([AB])$/.exec(camelot ?? "");
  const hue = key ? (Number(key[1]) - 1) * 30 + Math.round(turn * 16 - 8) : Math.round(turn * 360);
  const otherHue = (hue + 360 + (random() < 0.5 ? 1 : -1) * Math.round(40 + random() * 100)) % 360;
  const pace = Math.min(1, Math.max(0, ((bpm || 70 + random() * 80) - 60) / 120));
  const heights = (count: number) =>
    shape?.length ? resampled(shape, count) : Array.from({ length: count }, (_, at) => swell(at / count, random));
  return {
    hue: (hue + 360) % 360,
    otherHue,
    minor: key?.[2] === "A",
    motif,
    paths: DRAW[motif](pace, heights, random),
  };
}

type Draw = (pace: number, heights: (count: number) => number[], random: () => number) => [string, string, string];

const DRAW: Record<Motif, Draw> = {
  // The waveform, upright.
  bars(pace, heights) {
    const count = 9 + Math.round(pace * 14);
    const step = 84 / count;
    const bars = heights(count).map((height, at) => {
      const x = num(8 + at * step + step * 0.2);
      const half = 4 + height * 32;
      return `M${x} ${num(50 - half)}h${num(step * 0.6)}v${num(2 * half)}h${num(-step * 0.6)}z`;
    });
    const loud = heights(count).map((height) => height > 0.62);
    return ["", bars.filter((_, at) => !loud[at]).join(""), bars.filter((_, at) => loud[at]).join("")];
  },
  // Grooves of a record, each as long as the song is loud there.
  rings(pace, heights, random) {
    const count = 5 + Math.round(pace * 5);
    const [x, y] = [30 + random() * 40, 30 + random() * 40];
    const width = 56 / count;
    const rings = heights(count).map((height, at) => {
      const radius = 9 + at * width;
      return sector(x, y, radius, radius + width * 0.55, random() * 6.28, 1.2 + height * 4.6);
    });
    return [disc(x, y, 5), rings.filter((_, at) => at % 3).join(""), rings.filter((_, at) => at % 3 === 0).join("")];
  },
  // Three ranges of hills, one behind the other.
  hills(pace, heights) {
    const points = 4 + Math.round(pace * 5);
    const range = (base: number, high: number) => {
      const tops = heights(points + 1).map((height) => base - height * high);
      const step = 100 / points;
      const curves = tops.slice(1).map((top, at) => {
        const middle = num((at + 0.5) * step);
        return `C${middle} ${num(tops[at] ?? top)} ${middle} ${num(top)} ${num((at + 1) * step)} ${num(top)}`;
      });
      return `M0 100V${num(tops[0] ?? base)}${curves.join("")}V100z`;
    };
    return [range(58, 40), range(78, 36), range(96, 30)];
  },
  // A low sun behind stripes.
  sun(pace, heights, random) {
    const [x, y, radius] = [40 + random() * 20, 46 + random() * 12, 26 + random() * 8];
    const count = 4 + Math.round(pace * 6);
    const step = (100 - y) / count;
    const stripes = heights(count).map((height, at) => {
      const top = y + at * step + step * 0.35;
      const reach = Math.min(50, radius * (0.6 + height) + at * 2);
      return `M${num(x - reach)} ${num(top)}h${num(2 * reach)}v${num(step * (0.28 + 0.04 * at))}h${num(-2 * reach)}z`;
    });
    return [disc(x, y, radius * 1.5), disc(x, y, radius), stripes.join("")];
  },
  // A field of dots that swells with the song.
  dots(pace, heights) {
    const side = 5 + Math.round(pace * 4);
    const step = 84 / side;
    const sizes = heights(side * side);
    const field = sizes.map((size, at) => ({
      loud: size > 0.66,
      dot: disc(8 + step * ((at % side) + 0.5), 8 + step * (Math.floor(at / side) + 0.5), step * (0.1 + 0.38 * size)),
    }));
    const of = (loud: boolean) =>
      field
        .filter((one) => one.loud === loud)
        .map(({ dot }) => dot)
        .join("");
    return ["", of(false), of(true)];
  },
};

/** Numbers from 0 to 1 that hang on the seed alone: FNV-1a, then mulberry32. */
function chance(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A loudness that was not measured: louder in the middle, as songs are. */
const swell = (place: number, random: () => number) =>
  Math.min(1, 0.15 + 0.45 * Math.sin(Math.PI * (0.1 + 0.8 * place)) + 0.45 * random());

/** The loudest of each stretch, scaled so that the loudest of all is 1. */
function resampled(shape: readonly number[], count: number): number[] {
  const loudest = Math.max(...shape, 1e-6);
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * shape.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * shape.length) / count));
    return Math.max(0, ...shape.slice(from, to)) / loudest;
  });
}

const num = (value: number) => String(Math.round(value * 100) / 100);

const disc = (x: number, y: number, radius: number) =>
  `M${num(x - radius)} ${num(y)}a${num(radius)} ${num(radius)} 0 1 0 ${num(2 * radius)} 0a${num(radius)} ${num(radius)} 0 1 0 ${num(-2 * radius)} 0z`;

/** A piece of a ring from `start`, `length` radians long. */
function sector(x: number, y: number, inner: number, outer: number, start: number, length: number): string {
  const at = (radius: number, angle: number) =>
    `${num(x + radius * Math.cos(angle))} ${num(y + radius * Math.sin(angle))}`;
  const end = start + Math.min(length, 6.2);
  const large = length > Math.PI ? 1 : 0;
  return (
    `M${at(outer, start)}A${num(outer)} ${num(outer)} 0 ${large} 1 ${at(outer, end)}` +
    `L${at(inner, end)}A${num(inner)} ${num(inner)} 0 ${large} 0 ${at(inner, start)}z`
  );
}
