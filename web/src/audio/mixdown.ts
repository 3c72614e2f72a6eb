/** The arithmetic of a mix-down. Samples are interleaved, at the scale of 16-bit integers. */

const [HIGHEST, LOWEST] = [32_767, -32_768];

/** The greatest and the least sample so far; both 0 in silence. */
export interface Extent {
  high: number;
  low: number;
}

/** Adds `gain` × `pcm` (little-endian 16-bit) to `sum`. Sums of whole numbers stay exact: 32-bit floats hold 24 bits. */
export function addPcm(sum: Float32Array, pcm: Uint8Array, gain: number): void {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  for (let i = 0, at = 0; at + 1 < pcm.length; i++, at += 2) sum[i] = (sum[i] ?? 0) + gain * view.getInt16(at, true);
}

/** `extent`, widened to what `samples` reach. */
export function widen(extent: Extent, samples: Float32Array): Extent {
  let { high, low } = extent;
  for (const sample of samples) {
    if (sample > high) high = sample;
    else if (sample < low) low = sample;
  }
  return { high, low };
}

/**
 * The one constant that keeps a mix from clipping: 1 where all of it fits, so that it is the stems' sum to the bit.
 * Nothing is ever limited or cut off.
 */
export function scaleFor({ high, low }: Extent): number {
  return Math.min(1, high > HIGHEST ? HIGHEST / high : 1, low < LOWEST ? LOWEST / low : 1);
}

/** By how many decibels a scale lowers; 0 for 1. */
export const decibels = (scale: number): number => (scale === 1 ? 0 : -20 * Math.log10(scale));

/**
 * Scaled and rounded to 16 bits, little-endian. No dither: the masters' own noise is louder than the rounding, and a
 * mute stays exact.
 */
export function toPcm(samples: Float32Array, scale: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((sample, i) => view.setInt16(i * 2, Math.round(sample * scale), true));
  return new Uint8Array(view.buffer);
}
