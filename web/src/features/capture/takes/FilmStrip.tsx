import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useApi } from "@/api/context";
import { fetchWindow, type RecordingSession } from "@/api/sessions";
import { Button } from "@/components/Button";
import { clock } from "@/lib/time";
import { splitPictures } from "./pictures";
import css from "./Takes.module.css";

/** The pictures of a take, one a second; those of a window are read when the ones before are shown. */
export function FilmStrip({ take, name }: { take: RecordingSession; name: string }) {
  const windows = take.links.filter(({ framesUrl }) => framesUrl).map(({ windowIndex }) => windowIndex);
  const [shown, setShown] = useState(1);
  if (!windows.length) return null;
  return (
    <div className={css.film} role="group" aria-label={`Pictures of ${name}`} tabIndex={0}>
      {windows.slice(0, shown).map((index) => (
        <Pictures key={index} take={take} index={index} />
      ))}
      {shown < windows.length && <Button onClick={() => setShown(shown + 1)}>More pictures</Button>}
    </div>
  );
}

function Pictures({ take: { sessionId, windowSeconds }, index }: { take: RecordingSession; index: number }) {
  const api = useApi();
  const client = useQueryClient();
  const { data, isError } = useQuery({
    queryKey: ["session", sessionId, "pictures", index],
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const mjpeg = await fetchWindow(api, client, { sessionId, index, file: "framesUrl", signal });
      return mjpeg && splitPictures(new Uint8Array(mjpeg)).map((jpeg) => new Blob([jpeg], { type: "image/jpeg" }));
    },
  });
  const urls = useMemo(() => data?.map((picture) => URL.createObjectURL(picture)) ?? [], [data]);
  useEffect(() => () => urls.forEach((url) => URL.revokeObjectURL(url)), [urls]);
  if (isError) return <p className={css.note}>Some pictures could not be read.</p>;
  return urls.map((url, second) => {
    const at = clock(index * windowSeconds + second);
    return <img key={url} src={url} alt={`At ${at}`} title={at} className={css.picture} />;
  });
}
