import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/api/context";
import { fetchSession, fetchTake, fetchWindow, type SessionSummary } from "@/api/sessions";
import { toast } from "@/components/Toasts";
import { download } from "@/lib/download";
import { fileName } from "@/lib/fileNames";
import { takeWav } from "./wav";
import { titleOf } from "./words";

/** What is being made of a take; `fraction` 0–1, null where it is not known. */
export interface Making {
  what: "WAV" | "FLAC" | "sound";
  fraction: number | null;
}

/** The files of a take: heard here, or given to the person. One at a time a take. */
export function useTakeFiles(take: SessionSummary) {
  const api = useApi();
  const client = useQueryClient();
  const [making, setMaking] = useState<Making | null>(null);
  const { sessionId } = take;

  async function make<T>(what: Making["what"], work: () => Promise<T>): Promise<T | undefined> {
    if (making) return undefined;
    setMaking({ what, fraction: null });
    try {
      return await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : "Try again.";
      toast(`“${titleOf(take)}”: ${why}`, { tone: "error" });
      return undefined;
    } finally {
      setMaking(null);
    }
  }

  async function flac(): Promise<Blob> {
    const whole = await fetchTake(api, client, sessionId);
    if (!whole) throw new Error("This take is not ready yet.");
    return whole;
  }

  async function wav(): Promise<Blob> {
    const session = await fetchSession(api, client, sessionId);
    const read = async (index: number, file: "streamUrl" | "figuresUrl") => {
      const found = await fetchWindow(api, client, { sessionId, index, file });
      if (!found) throw new Error("A part of the take is not there any more. Reload the page.");
      return found;
    };
    return takeWav(
      {
        ...session,
        windows: session.ingested.filter((index) => index < (session.windows ?? 0)),
        flac: (index) => read(index, "streamUrl"),
        sha256: async (index) => {
          const text = new TextDecoder().decode(await read(index, "figuresUrl"));
          return (JSON.parse(text) as { sha256: string }).sha256;
        },
      },
      (fraction) => setMaking({ what: "WAV", fraction }),
    );
  }

  const save = (what: "WAV" | "FLAC") =>
    make(what, async () => {
      const file = await (what === "WAV" ? wav() : flac());
      const name = fileName({ artist: null, title: titleOf(take) }, "", what.toLowerCase());
      download(file, name);
      toast(`${name} is in your downloads.`);
    });

  return { making, save, listen: () => make("sound", flac) };
}
