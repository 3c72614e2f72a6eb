import { type Api, Problem } from "@/api/client";
import { sessionCalls } from "@/api/sessions";
import type { Curve } from "./compare";

const UNREADABLE = "What was sung could not be read. Try again.";

/** What was sung in a take whose pitch is known. Rejects with Problem. */
export async function fetchPitch(api: Api, sessionId: string, signal?: AbortSignal): Promise<Curve> {
  // A link ends after some minutes, so it is asked for when it is used.
  const { pitchUrl } = await sessionCalls.get(api, sessionId, signal);
  const answer = pitchUrl ? await fetch(pitchUrl, { signal }) : null;
  if (!answer?.ok) throw new Problem(answer?.status ?? 404, "refused", UNREADABLE);
  const curve = read(await answer.json());
  if (!curve) throw new Problem(answer.status, "unreadable", UNREADABLE);
  return curve;
}

/** A curve as it is stored; null for anything else. */
export function read(document: unknown): Curve | null {
  const { step, midi } = (document ?? {}) as Partial<Curve>;
  if (typeof step !== "number" || !(step > 0) || !Array.isArray(midi)) return null;
  return { step, midi: midi.map((pitch: unknown) => (typeof pitch === "number" ? pitch : null)) };
}
