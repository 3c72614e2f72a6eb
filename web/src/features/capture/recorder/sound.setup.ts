/** A row of numbers that is the same in each run. */
export function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Noise that has no zeros, of 16 bit. */
export function noise(frames: number, seed = 1): Int16Array<ArrayBuffer> {
  const next = random(seed);
  return Int16Array.from({ length: frames }, () => Math.floor(next() * 16_000) - 8000 || 1);
}
