import type { Gap, RecordingView } from "../queue/model";

const parts = (count: number) => (count === 1 ? "1 part" : `${count} parts`);

/** Where a take is, in a sentence. */
export function stateOf(view: RecordingView): string {
  const { state, trouble, waiting, active, note, closed } = view;
  if (trouble) return trouble.text;
  if (state === "done") return "It has arrived. Nothing of it is left on this device.";
  if (note) return `${parts(waiting)} on this device. ${note}`;
  if (state === "recording")
    return waiting ? `Recording. ${parts(waiting)} on the way already.` : "Recording. It is kept on this device.";
  if (waiting === 0) return closed ? "Almost done." : "All of it has been sent.";
  return active ? `Sending. ${parts(waiting)} left.` : `${parts(waiting)} on this device, waiting to be sent.`;
}

const plural = (count: number, one: string) => (count === 1 ? `1 ${one}` : `${count} ${one}s`);

/** What is missing of a take, in a sentence; empty where nothing is. */
export function missing(gaps: readonly Gap[], sampleRate: number): string {
  const real = gaps.filter(({ why }) => why !== "paused");
  if (real.length === 0) return "";
  const frames = real.reduce((sum, gap) => sum + Math.max(gap.frames, gap.lost), 0);
  const ms = Math.max(1, Math.round((1000 * frames) / sampleRate));
  const long = ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
  return `The browser lost sound in ${plural(real.length, "place")}, ${long} in all. Close other programs and record again.`;
}
