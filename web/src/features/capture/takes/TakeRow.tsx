import {
  Download,
  EllipsisVertical,
  Film,
  type LucideIcon,
  Mic,
  Music,
  Pencil,
  SquareArrowOutUpRight,
  Trash2,
  TriangleAlert,
  Upload,
  Volume2,
} from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { isAwaited, type RecordingSession, type SessionSummary, useSession } from "@/api/sessions";
import { Button, IconButton } from "@/components/Button";
import { Menu, type MenuItem } from "@/components/Menu";
import { Progress } from "@/components/Progress";
import { toast } from "@/components/Toasts";
import { useTakeActions } from "./actions";
import { FilmStrip } from "./FilmStrip";
import css from "./Takes.module.css";
import { type Making, useTakeFiles } from "./useTakeFiles";
import { length, moment, type Standing, standing, titleOf, troubles } from "./words";

interface Props {
  take: SessionSummary;
  onRename(take: SessionSummary): void;
  /** What else can be done with it here, such as playing it along with its song. */
  children?: ReactNode;
  /** Whether the row names the song it was recorded along with. */
  withSong?: boolean;
}

const ICONS: Record<Standing["tone"], LucideIcon> = { ready: Mic, active: Upload, failed: TriangleAlert };

/** A menu that closes gives the focus back a moment later: what moves the focus itself has to come after that. */
const afterMenu = (act: () => void) => setTimeout(() => setTimeout(act));

/** One take: what it is, its state, and what can be done about it. */
export function TakeRow({ take: listed, onRename, children, withSong = false }: Props) {
  const actions = useTakeActions();
  const [, go] = useLocation();
  const [pictures, showPictures] = useState(false);
  const ready = listed.status === "READY";
  const detail = useSession(listed.sessionId, { enabled: isAwaited(listed) || pictures }).data;
  const take: SessionSummary & Partial<RecordingSession> = detail && detail.seq >= listed.seq ? detail : listed;
  const files = useTakeFiles(take);
  const [sound, setSound] = useState<Blob | null>(null);
  const name = titleOf(take);
  const state = standing(take);
  const Icon = ICONS[state.tone];
  // On the page of all takes the row is right below the page's own title.
  const Heading = withSong ? "h2" : "h3";

  async function listen() {
    const flac = await files.listen();
    if (flac) setSound(flac);
  }
  async function makeSong() {
    const song = await actions.makeSong(take);
    if (!song) return;
    toast(`“${song.title ?? name}” is a song now and waits in the queue.`, {
      action: { label: "Open it", onSelect: () => go(`/songs/${song.songId}`) },
    });
  }

  const items: (MenuItem | "line")[] = [
    { label: "Rename…", icon: <Pencil size={18} />, onSelect: () => afterMenu(() => onRename(take)) },
    ...(ready
      ? [
          take.takenAs
            ? {
                label: "Open its own song",
                icon: <SquareArrowOutUpRight size={18} />,
                onSelect: () => go(`/songs/${take.takenAs}`),
              }
            : { label: "Make it a song", icon: <Music size={18} />, onSelect: () => void makeSong() },
          { label: "Download as WAV", icon: <Download size={18} />, onSelect: () => void files.save("WAV") },
          { label: "Download as FLAC", icon: <Download size={18} />, onSelect: () => void files.save("FLAC") },
        ]
      : []),
    ...(take.captureMode === "audio_video"
      ? [
          {
            label: pictures ? "Hide the pictures" : "Show the pictures",
            icon: <Film size={18} />,
            onSelect: () => showPictures(!pictures),
          },
        ]
      : []),
    {
      label: "Delete",
      icon: <Trash2 size={18} />,
      danger: true,
      onSelect: () => afterMenu(() => actions.deletions.request(take)),
    },
  ];

  return (
    <article className={css.row} data-tone={state.tone} aria-label={name}>
      <span className={css.icon} aria-hidden="true">
        <Icon size={20} />
      </span>
      <div className={css.main}>
        <Heading className={css.title}>
          <bdi>{name}</bdi>
        </Heading>
        <p className={css.state}>
          <span className={css.status}>{state.text}</span>
          {state.detail && <span>{state.detail}</span>}
          {take.durationSec !== null && <span>{length(take.durationSec)}</span>}
          <time dateTime={take.startedAt}>{moment(take.startedAt)}</time>
          {withSong && take.songId && <Link href={`/songs/${take.songId}`}>Recorded along with a song</Link>}
        </p>
        <Troubles take={take} />
      </div>
      <div className={css.tools}>
        {ready && !sound && (
          <IconButton label={`Listen to ${name}`} busy={files.making !== null} onClick={() => void listen()}>
            <Volume2 size={20} />
          </IconButton>
        )}
        <Menu
          trigger={
            <IconButton label={`More about ${name}`}>
              <EllipsisVertical size={20} />
            </IconButton>
          }
          items={items}
        />
      </div>
      {files.making && <MakingState making={files.making} name={name} />}
      {sound && <Sound sound={sound} name={name} onEnd={() => setSound(null)} />}
      {children && <div className={css.more}>{children}</div>}
      {pictures && detail && (
        <div className={css.more}>
          {detail.links.some(({ framesUrl }) => framesUrl) ? (
            <FilmStrip take={detail} name={name} />
          ) : (
            <p className={css.note}>This take has no pictures.</p>
          )}
        </div>
      )}
    </article>
  );
}

function Troubles({ take }: { take: SessionSummary & Partial<RecordingSession> }) {
  const found = troubles({ ...take, missing: take.missing ?? [] });
  if (!found.length) return null;
  return (
    <ul className={css.troubles}>
      {found.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

function MakingState({ making: { what, fraction }, name }: { making: Making; name: string }) {
  const text = what === "sound" ? "Loading the sound" : `Making the ${what}`;
  return (
    <div className={css.more}>
      <p className={css.note} role="status">
        {text}…
      </p>
      <Progress value={fraction === null ? null : fraction * 100} label={`${name}: ${text}`} />
    </div>
  );
}

function Sound({ sound, name, onEnd }: { sound: Blob; name: string; onEnd(): void }) {
  const url = useMemo(() => URL.createObjectURL(sound), [sound]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <div className={css.more}>
      <audio className={css.audio} src={url} controls autoPlay aria-label={name} onError={onEnd} />
      <Button kind="quiet" onClick={onEnd}>
        Close the sound
      </Button>
    </div>
  );
}
