import { BYTES_A_SAMPLE } from "../queue/model";

const LEAST_S = 120;
const LAST_S = 20;

/** Seconds of sound that the device has room for; Infinity where the browser does not say. */
export async function secondsLeft({ channels, sampleRate }: { channels: number; sampleRate: number }): Promise<number> {
  const { quota, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => ({}) as StorageEstimate)) ?? {};
  return quota === undefined ? Infinity : (quota - usage) / (channels * sampleRate * BYTES_A_SAMPLE);
}

/** Whether a take may begin, and whether it may go on. */
export const mayBegin = (seconds: number) => seconds >= LEAST_S;
export const mayGoOn = (seconds: number) => seconds >= LAST_S;
