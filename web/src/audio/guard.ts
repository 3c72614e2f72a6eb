/**
 * Keeps peaks at full scale where faders add up to more. It looks one quantum ahead; as long as nothing exceeds 1 it
 * hands every sample on as it is, GUARD_FRAMES later.
 */
export const GUARD_FRAMES = 128;

const RELEASE = 0.01; // of the way back to 1, each quantum: about 0.3 s

export class Guard {
  private readonly held: Float32Array[];
  private needed = 1; // gain that the held quantum may have at most
  private gain = 1;

  constructor(channels: number) {
    this.held = Array.from({ length: channels }, () => new Float32Array(GUARD_FRAMES));
  }

  /** One quantum in, the one before out. Missing channels are silence. */
  process(input: Float32Array[], output: Float32Array[]): void {
    let peak = 0;
    for (const plane of input) for (const sample of plane) peak = Math.max(peak, Math.abs(sample));
    const coming = peak > 1 ? 1 / peak : 1;
    const back = this.gain + (1 - this.gain) * RELEASE;
    const target = Math.min(this.needed, coming, back > 0.9999 ? 1 : back);
    const slope = (target - this.gain) / GUARD_FRAMES;
    output.forEach((plane, c) => {
      const held = this.held[c];
      if (!held) return;
      plane.set(held);
      if (this.gain !== 1 || slope !== 0) {
        for (let i = 0; i < plane.length; i++) plane[i] = (plane[i] ?? 0) * (this.gain + slope * (i + 1));
      }
      const next = input[c];
      if (next) held.set(next);
      else held.fill(0);
    });
    this.gain = target;
    this.needed = coming;
  }
}
