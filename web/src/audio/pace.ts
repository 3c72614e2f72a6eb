/** The engine's distances and waiting times. */
import { SAMPLE_RATE } from "./frames";

/** Frames of the stream that the deck holds ahead of what is heard. */
export const AHEAD = 3 * SAMPLE_RATE;
/** Frames that must be loaded before a jump: the stretcher reads 0.25 s ahead. */
export const FIRST = 0.3 * SAMPLE_RATE;
/** Milliseconds that the old place plays on while a jump waits for the network; then it falls silent. */
export const HUSH_MS = 400;
/** Frames between the deck and a change ahead of it, so that the change arrives in time. */
export const SAFE = 0.15 * SAMPLE_RATE;
/** Milliseconds from a pause to the suspension of the context, which saves power. */
export const SLEEP_MS = 2000;
