/** Blend `plain` into `out` in place: `share` of `out` moves towards `target` in `fade` frames. Returns the share. */
export function crossfade(
  out: Float32Array[],
  plain: Float32Array[],
  share: number,
  target: number,
  fade: number,
): number {
  const step = Math.sign(target - share) / fade;
  let end = share;
  out.forEach((plane, c) => {
    const other = plain[c];
    for (let i = 0; i < plane.length; i++) {
      const now = step > 0 ? Math.min(target, share + step * (i + 1)) : Math.max(target, share + step * (i + 1));
      if (now !== 1) plane[i] = (plane[i] ?? 0) * now + (other?.[i] ?? 0) * (1 - now);
      end = now;
    }
  });
  return end;
}
