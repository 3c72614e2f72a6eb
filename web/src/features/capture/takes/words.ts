import type { RecordingSession, SessionSummary } from "@/api/sessions";
import { clock } from "@/lib/time";
import { missing } from "../recorder/words";

/** The state of a take as text. */
export interface Standing {
  tone: "ready" | "active" | "failed";
  text: string;
  detail?: string;
}

type Titled = Pick<SessionSummary, "title" | "startedAt">;

/** "31 Jan 2026, 09:15" in the person's own form. */
export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const titleOf = ({ title, startedAt }: Titled): string => title?.trim() || `Take of ${moment(startedAt)}`;

const count = (many: number, what: string) => `${many} ${what}${many === 1 ? "" : "s"}`;

/** A detail is only in what one session says; a list has the summary. */
type Shown = SessionSummary & Partial<RecordingSession>;

export function standing(take: Shown): Standing {
  switch (take.status) {
    case "OPEN":
      return { tone: "active", text: "Being recorded or uploaded", detail: arrived(take) };
    case "CLOSED":
      return take.missing && !take.missing.length
        ? { tone: "active", text: "Being put together" }
        : { tone: "active", text: "Being uploaded", detail: arrived(take) };
    case "JOINING":
      return { tone: "active", text: "Being put together" };
    case "READY":
      return { tone: "ready", text: "Ready" };
    case "FAILED":
      return { tone: "failed", text: "Failed", detail: whyFailed(take.errorCode) };
  }
}

function arrived({ windows, ingested }: Shown): string | undefined {
  if (!ingested) return undefined;
  return windows === null
    ? `${count(ingested.length, "part")} arrived`
    : `${ingested.length} of ${windows} parts arrived`;
}

function whyFailed(code: string | null): string {
  return code === "EMPTY"
    ? "No part of it arrived that could be read. Record it again."
    : "It could not be put together. Record it again.";
}

/** Why a part cannot be read; the codes are the service's (docs/contract.md). */
const BAD: Record<string, string> = {
  not_wav: "is no sound file",
  wrong_format: "has another format than the take",
  truncated: "is cut off",
  empty: "is empty",
  too_long: "is too long",
};

/** What is wrong with a take, a sentence each: gaps, parts that cannot be read, parts that are missing. */
export function troubles(take: SessionSummary & Pick<RecordingSession, "missing">): string[] {
  const seconds = (frames: number) => frames / take.sampleRate;
  const at = (index: number) => clock(index * take.windowSeconds);
  return [
    ...take.failed.map(({ windowIndex, code }) => `The part from ${at(windowIndex)} ${BAD[code] ?? "cannot be read"}.`),
    ...(take.status === "CLOSED" ? take.missing : []).map((index) => `The part from ${at(index)} is not there yet.`),
    ...take.gaps.map(
      ({ start, frames }) =>
        `Silence from ${clock(seconds(start))} for ${length(seconds(frames))}: this part is missing.`,
    ),
    ...[missing(take.recorderGaps, take.sampleRate)].filter(Boolean),
  ];
}

/** 4.26 → "4.3 s", 83 → "1:23". */
export const length = (seconds: number): string => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds));

/** 62350 → "1:02.350": a place in the song. */
export function place(ms: number): string {
  const whole = Math.abs(Math.round(ms));
  return `${ms < 0 ? "−" : ""}${clock(whole / 1000)}.${String(whole % 1000).padStart(3, "0")}`;
}

export const MOST_OFFSET_MS = 600_000;

/** A place as a person types it: "1:02.350", "62.35", "-0.2" (seconds); null for anything else. */
export function readPlace(text: string): number | null {
  const parts = /^([-−])?(?:(\d{1,2}):(?=\d\d))?(\d{1,3}(?:[.,]\d{0,3})?)$/.exec(text.trim());
  if (!parts) return null;
  const [, sign, minutes = "0", seconds = ""] = parts;
  const ms = Math.round((Number(minutes) * 60 + Number(seconds.replace(",", "."))) * 1000) * (sign ? -1 : 1);
  return Math.abs(ms) <= MOST_OFFSET_MS ? ms : null;
}
