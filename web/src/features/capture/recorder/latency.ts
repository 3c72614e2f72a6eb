/** How late sound comes back: from leaving the page to being captured by it, in frames. */

const SECONDS = 0.25;
const FROM_HZ = 400;
const TO_HZ = 8000;

/** A tone that rises through the range of voices; it is found again under noise. */
export function chirp(rate: number): Float32Array<ArrayBuffer> {
  const count = Math.round(SECONDS * rate);
  const growth = Math.log(TO_HZ / FROM_HZ);
  return Float32Array.from({ length: count }, (_, i) => {
    const share = i / count;
    const phase = ((2 * Math.PI * FROM_HZ * SECONDS) / growth) * (Math.exp(share * growth) - 1);
    return 0.5 * Math.sin(Math.PI * share) ** 2 * Math.sin(phase);
  });
}

export interface Found {
  /** Where the chirp begins, in frames, between samples. */
  frame: number;
  /** How much the best place exceeds all others, 1 or more. Below TRUSTED it may be chance. */
  clear: number;
}
export const TRUSTED = 3;

/** Looks for `sound` in `heard` by the correlation of both. */
export function locate(heard: Float32Array, sound: Float32Array): Found {
  let size = 1;
  while (size < heard.length + sound.length) size *= 2;
  const [a, b] = [spectrum(heard, size), spectrum(sound, size)];
  const product = { re: new Float64Array(size), im: new Float64Array(size) };
  for (let i = 0; i < size; i++) {
    const [ar = 0, ai = 0, br = 0, bi = 0] = [a.re[i], a.im[i], b.re[i], b.im[i]];
    product.re[i] = ar * br + ai * bi;
    product.im[i] = ai * br - ar * bi;
  }
  transform(product.re, product.im, true);
  const values = product.re.subarray(0, Math.max(1, heard.length - sound.length + 1));
  let best = 0;
  for (let i = 1; i < values.length; i++) if (sizeAt(values, i) > sizeAt(values, best)) best = i;
  let other = 0;
  const near = Math.round(sound.length / 20);
  for (let i = 0; i < values.length; i++) if (Math.abs(i - best) > near) other = Math.max(other, sizeAt(values, i));
  const [before, peak, after] = [sizeAt(values, best - 1), sizeAt(values, best), sizeAt(values, best + 1)];
  const bend = before - 2 * peak + after;
  const between = bend === 0 ? 0 : (before - after) / (2 * bend);
  return { frame: best + between, clear: other > 0 ? peak / other : peak > 0 ? Infinity : 0 };
}

/** A loudspeaker or a microphone may turn the sign. */
const sizeAt = (values: Float64Array, i: number) => Math.abs(values[i] ?? 0);

function spectrum(samples: Float32Array, size: number) {
  const re = new Float64Array(size);
  re.set(samples);
  const im = new Float64Array(size);
  transform(re, im);
  return { re, im };
}

/** The fast Fourier transform, in place; `size` is a power of two. Not scaled. */
function transform(re: Float64Array, im: Float64Array, inverse = false): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    const angle = ((inverse ? 2 : -2) * Math.PI) / length;
    const half = length / 2;
    const cos = Float64Array.from({ length: half }, (_, k) => Math.cos(angle * k));
    const sin = Float64Array.from({ length: half }, (_, k) => Math.sin(angle * k));
    for (let start = 0; start < size; start += length)
      for (let k = 0; k < half; k++) {
        const [p, q] = [start + k, start + k + half];
        const [qr = 0, qi = 0, c = 0, s = 0] = [re[q], im[q], cos[k], sin[k]];
        const [vr, vi] = [qr * c - qi * s, qr * s + qi * c];
        const [pr = 0, pi = 0] = [re[p], im[p]];
        re[p] = pr + vr;
        im[p] = pi + vi;
        re[q] = pr - vr;
        im[q] = pi - vi;
      }
  }
}
