import { useState } from "react";
import type { Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { useSongActions } from "./actions";
import { isUnmeasured } from "./measured";

/** Offers to measure the songs that have no tempo and key yet. `more`: older songs have not been read. */
export function Unmeasured({ songs, more }: { songs: readonly Song[]; more: boolean }) {
  const actions = useSongActions();
  const [asked, setAsked] = useState<"no" | "busy" | "yes">("no");
  const count = songs.filter(isUnmeasured).length;
  if (count === 0 || asked === "yes") return null;
  const named = count === 1 ? "1 song" : `${count} songs`;

  async function measure() {
    setAsked("busy");
    setAsked((await actions.measure("all")) ? "yes" : "no");
  }
  return (
    <Notice
      action={
        <Button busy={asked === "busy"} onClick={() => void measure()}>
          {more ? "Measure all songs" : `Measure ${named}`}
        </Button>
      }
    >
      {more ? `${named} and perhaps older ones` : named} {count === 1 && !more ? "has" : "have"} no tempo and key yet.
    </Notice>
  );
}
