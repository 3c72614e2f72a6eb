import type { Mix, Stem } from "@/audio/engine";

/** Takes that can be heard along at once: each costs memory and work. */
export const MOST_TAKES = 4;

type Choice = Pick<Mix, "takes" | "volumes" | "muted" | "soloed">;

/** The mix with a take that plays along, or without it; what was set for one that goes is forgotten. */
export function chosen(mix: Choice, take: Stem, on: boolean): Partial<Mix> {
  const others = mix.takes.filter((one) => one !== take);
  if (on) return { takes: [...others, take].slice(-MOST_TAKES) };
  const without = <T>(all: Record<Stem, T>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name !== take));
  return {
    takes: others,
    volumes: without(mix.volumes),
    muted: without(mix.muted),
    soloed: without(mix.soloed),
  };
}
