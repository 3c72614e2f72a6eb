import { AudioLines, Captions, ChevronDown, Download } from "lucide-react";
import { type ReactNode, useCallback, useId, useRef, useSyncExternalStore } from "react";
import type { Song } from "@/api/client";
import { gainOf, type Stem, VOICE } from "@/audio/engine";
import { Button } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { Notice } from "@/components/Notice";
import { lookOf } from "@/lib/stems";
import type { SongProps } from "../feature";
import { allBut, LYRICS, megabytes, part, wordsOf, yourMix } from "./takeables";
import css from "./TakeAway.module.css";
import { TakingState } from "./TakingState";
import { useTaking } from "./useTaking";

type Takes = ReturnType<typeof useTaking>;

/** What can be downloaded of a finished song: the current mix, all but one part, single parts, the lyrics. */
export default function TakeAway({ song, engine }: SongProps) {
  const subscribe = useCallback((listener: () => void) => engine.subscribe(listener), [engine]);
  const { mix } = useSyncExternalStore(subscribe, () => engine.state());
  const takes = useTaking(song, engine);
  const { taking } = takes;
  const busy = taking.at === "working";
  const title = useId();
  const { stems } = engine;
  const mixed = [...stems, ...mix.takes.filter((take) => engine.takes().some(({ stem }) => stem === take))];
  const mine = yourMix(song, mixed, mix);
  const silent = mixed.every((stem) => gainOf(mix, stem) === 0);
  return (
    <section className={`${css.panel} ${css.page}`} aria-labelledby={title}>
      <h2 id={title}>Download</h2>
      {taking.at === "working" && taking.songId !== song.songId && (
        <Notice action={<Button onClick={takes.cancel}>Cancel it</Button>}>
          <strong>{taking.name}</strong> is still being downloaded. One at a time.
        </Notice>
      )}
      <Row
        id="mix"
        takes={takes}
        big
        icon={<AudioLines size={22} />}
        name="Your mix"
        note={
          <>
            {wordsOf(mixed, mix)}
            {mix.master !== 1 && " · master volume left out"}
            {!silent && (
              <span className={css.size}>
                WAV, about {megabytes(mine.bytes)}; loads about {megabytes(mine.loads)}
              </span>
            )}
          </>
        }
      >
        <Button kind="primary" disabled={busy || silent} onClick={() => takes.take(mine)}>
          <Download size={18} /> Download your mix
        </Button>
      </Row>
      <div className={css.columns}>
        <List title="All but one">
          {[...stems].reverse().map((stem) => {
            const one = allBut(song, stems, stem);
            const name = `All but ${lookOf(stem).label.toLowerCase()}`;
            return (
              <Row
                key={stem}
                id={one.id}
                takes={takes}
                icon={<Dot stem={stem} hollow />}
                name={name}
                note={`WAV, about ${megabytes(one.bytes)}${stem === VOICE ? ", for karaoke" : ""}`}
              >
                <Button disabled={busy} aria-label={`Download ${name.toLowerCase()}`} onClick={() => takes.take(one)}>
                  Download
                </Button>
              </Row>
            );
          })}
        </List>
        <List title="Single parts">
          {[...stems].reverse().map((stem) => {
            const [wav, mp3] = [part(song, stem, "wav"), part(song, stem, "mp3")];
            return (
              <Row
                key={stem}
                id={wav.id}
                takes={takes}
                icon={<Dot stem={stem} />}
                name={lookOf(stem).label}
                note={`WAV ${megabytes(wav.bytes)} or MP3 ${megabytes(mp3.bytes)}`}
              >
                <Formats
                  label={`Download ${lookOf(stem).label.toLowerCase()}`}
                  disabled={busy}
                  items={[
                    { label: `WAV, the original, ${megabytes(wav.bytes)}`, onSelect: () => takes.take(wav) },
                    { label: `MP3, smaller, ${megabytes(mp3.bytes)}`, onSelect: () => takes.take(mp3) },
                  ]}
                />
              </Row>
            );
          })}
        </List>
      </div>
      <List title="Lyrics">
        <Row id="lyrics" takes={takes} icon={<Captions size={20} />} name="Lyrics" note={noteOnLyrics(song)}>
          <Formats
            label="Download lyrics"
            disabled={busy || !hasWords(song)}
            items={LYRICS.map((one) => ({
              label: `${one.label} (.${one.ending})`,
              onSelect: () => takes.takeLyrics(one),
            }))}
          />
        </Row>
      </List>
    </section>
  );
}

/** Lyrics that a person gave exist even where syncing them failed. */
const hasWords = (song: Song) => song.lyricsStatus === "READY" || song.lyricsVersion > 0;

function noteOnLyrics(song: Song): string {
  if (hasWords(song)) return "For players, subtitles, karaoke, or to read";
  if (song.lyricsStatus === "INSTRUMENTAL") return "No lyrics were found in this song.";
  if (song.lyricsStatus === "FAILED") return "There are none yet: retry, or add them under Lyrics.";
  return "They are still being written.";
}

function List({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <div className={css.list}>
      <h3 id={id}>{title}</h3>
      <ul aria-labelledby={id}>{children}</ul>
    </div>
  );
}

interface RowProps {
  id: string;
  takes: Takes;
  icon: ReactNode;
  name: string;
  note: ReactNode;
  big?: boolean;
  /** What starts it. */
  children: ReactNode;
}

/** One thing to download, and below it its state. */
function Row({ id, takes: { taking, songId, cancel }, icon, name, note, big = false, children }: RowProps) {
  const row = useRef<HTMLDivElement>(null);
  const Tag = big ? "div" : "li";
  return (
    <Tag className={`${css.row} ${big ? css.big : ""}`}>
      <div className={css.line} ref={row} tabIndex={-1}>
        <span className={css.icon} aria-hidden="true">
          {icon}
        </span>
        <div className={css.words}>
          {big ? <h3>{name}</h3> : <span className={css.name}>{name}</span>}
          <div className={css.note}>{note}</div>
        </div>
        {children}
      </div>
      {taking.at !== "idle" && taking.songId === songId && taking.id === id && (
        <TakingState taking={taking} name={name} row={row} onCancel={cancel} />
      )}
    </Tag>
  );
}

function Dot({ stem, hollow = false }: { stem: Stem; hollow?: boolean }) {
  return <span className={`${css.dot} ${hollow ? css.hollow : ""}`} style={{ color: lookOf(stem).colour }} />;
}

function Formats(props: { label: string; disabled: boolean; items: { label: string; onSelect(): void }[] }) {
  return (
    <Menu
      trigger={
        <Button aria-label={props.label} disabled={props.disabled}>
          Download <ChevronDown size={16} />
        </Button>
      }
      items={props.items}
    />
  );
}
