import { BALANCED, gainOf, type Mix, REST, type Stem } from "@/audio/engine";
import { isTake } from "@/lib/takes";

export interface Preset {
  id: string;
  name: string;
  description: string;
  volumes: Record<Stem, number>;
}

/** A preset's volume for a stem. What it does not name was a part of the rest before it got a stem of its own. */
const volumeIn = ({ volumes }: Preset, stem: Stem): number => volumes[stem] ?? volumes[REST] ?? 1;

/** What a preset changes; takes stay as they are. A stem it silences is muted with its fader up, so that one press brings it back. */
export function mixOf(
  preset: Preset,
  stems: readonly Stem[],
  { volumes, muted }: Pick<Mix, "volumes" | "muted"> = BALANCED,
): Pick<Mix, "volumes" | "muted" | "soloed"> {
  const each = <T>(of: (volume: number) => T, before: Record<Stem, T> = {}) =>
    Object.fromEntries([
      ...Object.entries(before).filter(([stem]) => isTake(stem)),
      ...stems.map((stem) => [stem, of(volumeIn(preset, stem))] as const),
    ]);
  return {
    volumes: each((volume) => (volume === 0 ? 1 : volume), volumes),
    muted: each((volume) => volume === 0, muted),
    soloed: each(() => false),
  };
}

/** Whether a mix sounds as the preset does, however it came to that. */
export function isActive(preset: Preset, mix: Mix, stems: readonly Stem[]): boolean {
  return stems.every((stem) => Math.abs(gainOf(mix, stem) - volumeIn(preset, stem)) < 0.005);
}
