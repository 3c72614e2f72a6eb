import { gainOf, type Mix, type Stem, STEMS } from "@/audio/engine";

export interface Preset {
  id: string;
  name: string;
  description: string;
  volumes: Record<Stem, number>;
}

/** What a preset changes. A stem it silences is muted with its fader up, so that one press brings it back. */
export function mixOf(preset: Preset): Pick<Mix, "volumes" | "muted" | "soloed"> {
  const each = <T>(of: (volume: number) => T) =>
    Object.fromEntries(STEMS.map((stem) => [stem, of(preset.volumes[stem])])) as Record<Stem, T>;
  return {
    volumes: each((volume) => (volume === 0 ? 1 : volume)),
    muted: each((volume) => volume === 0),
    soloed: each(() => false),
  };
}

/** Whether a mix sounds as the preset does, however it came to that. */
export function isActive(preset: Preset, mix: Mix): boolean {
  return STEMS.every((stem) => Math.abs(gainOf(mix, stem) - preset.volumes[stem]) < 0.005);
}
