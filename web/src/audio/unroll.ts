/** How a song with a loop becomes one stream: pure arithmetic on sample numbers. */

export interface LoopFrames {
  start: number;
  end: number;
}

export interface Piece {
  song: number;
  frames: number;
  /** Where the stream goes on after this piece; null at the song's end. */
  next: number | null;
  /** This piece ends at the loop's end and the stream jumps back to its start. */
  wraps: boolean;
}

/** The piece that starts at `song`: to the loop's end if that is ahead, else to the song's, at most `limit` frames. */
export function pieceAt(song: number, loop: LoopFrames | null, total: number, limit: number): Piece {
  const looping = loop !== null && song < loop.end;
  const end = looping ? loop.end : total;
  const frames = Math.min(limit, end - song);
  const reached = song + frames === end;
  if (reached && looping) return { song, frames, next: loop.start, wraps: true };
  return { song, frames, next: reached ? null : song + frames, wraps: false };
}

const SHORTEST_LOOP = 4410;

/** A loop in samples, inside the song, at least 0.1 s long; null when there is no room for one. */
export function loopFrames(loop: { start: number; end: number }, rate: number, total: number): LoopFrames | null {
  if (!Number.isFinite(loop.start) || !Number.isFinite(loop.end)) return null;
  const low = Math.min(loop.start, loop.end);
  const high = Math.max(loop.start, loop.end);
  const start = Math.max(0, Math.min(Math.round(low * rate), total - SHORTEST_LOOP));
  const end = Math.min(total, Math.max(Math.round(high * rate), start + SHORTEST_LOOP));
  return end - start >= SHORTEST_LOOP ? { start, end } : null;
}
