import { ArrowLeft, Keyboard, MicVocal, SlidersVertical } from "lucide-react";
import { Tabs } from "radix-ui";
import { Activity, type ReactNode, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Song } from "@/api/client";
import { Button, IconButton } from "@/components/Button";
import type { StudioProps } from "../feature";
import { Help, Preview } from "./Help";
import { Mixer } from "./Mixer";
import { combine, loudest, type Peaks } from "@/audio/peaks";
import { LoopControls, PracticeControls } from "./Practice";
import { SingStage } from "./SingStage";
import css from "./Studio.module.css";
import { PlayGroup, Status, Timeline } from "./Transport";
import { useMedia } from "./useMedia";
import { PlayerContext, usePeaks, usePlayer } from "./usePlayer";
import { useShortcuts } from "./useShortcuts";
import { useMediaSession, useTitle, useWakeLock } from "./useSurroundings";
import type { WaveformData } from "./Waveform";

/** A song's own page: the panels of the features, the mixer, and the transport below them. */
export default function Studio({ song, singing: asked, panels, karaoke, lane, guide, record, lanes }: StudioProps) {
  const singing = asked && karaoke !== undefined;
  const player = usePlayer(song);
  const [, go] = useLocation();
  const [helping, setHelping] = useState(false);
  const title = song.title ?? "Untitled song";
  const artist = song.artist ?? "";
  useTitle(`${artist ? `${artist}: ` : ""}${title} · Unplugd`);
  useMediaSession(player, title, artist);
  useWakeLock(player?.engine);
  const place = `/songs/${song.songId}`;
  const leave = () => {
    if (!singing) return;
    if ((history.state as { studio?: boolean } | null)?.studio) history.back();
    else go(place, { replace: true });
  };
  useShortcuts(player, { help: () => setHelping(true), leave });
  const waveforms = useWaveforms(usePeaks(song), song.durationSec ?? 0);
  if (!player) return null;
  return (
    <PlayerContext value={player}>
      <Activity mode={singing ? "hidden" : "visible"}>
        <Room
          song={song}
          title={title}
          waveforms={waveforms}
          lane={lane?.(player.engine)}
          record={record?.(player.engine)}
          lanes={lanes?.(player.engine)}
          onSing={karaoke && (() => go(`${place}/sing`, { state: { studio: true } }))}
          onHelp={() => setHelping(true)}
          panels={panels.map(({ id, label, content }) => ({ id, label, content: content(player.engine) }))}
        />
      </Activity>
      {singing && (
        <SingStage title={title} waveform={waveforms?.all ?? null} guide={guide?.(player.engine)} onLeave={leave}>
          {karaoke(player.engine)}
          {/* What plays along goes on: the room is at rest. */}
          <div hidden>{lanes?.(player.engine)}</div>
        </SingStage>
      )}
      <Help open={helping} onOpenChange={setHelping} />
    </PlayerContext>
  );
}

interface Waveforms {
  all: WaveformData;
  stems: ReadonlyMap<string, WaveformData>;
}

function useWaveforms(peaks: Peaks | null, durationSec: number): Waveforms | null {
  return useMemo(() => {
    if (!peaks) return null;
    const pairsPerSecond = peaks.sampleRate / peaks.samplesPerPeak;
    const data = (values: Int8Array, full: number) => ({ values, full, pairsPerSecond, durationSec });
    // One scale for all stems, so that a soft one looks soft.
    const full = loudest(...Object.values(peaks.stems));
    const all = combine(peaks);
    const stems = new Map(Object.entries(peaks.stems).map(([stem, values]) => [stem, data(values, full)]));
    return { stems, all: data(all, loudest(all)) };
  }, [peaks, durationSec]);
}

interface RoomProps {
  song: Song;
  title: string;
  waveforms: Waveforms | null;
  lane: ReactNode;
  record: ReactNode;
  lanes: ReactNode;
  onSing?: () => void;
  onHelp(): void;
  panels: readonly Tab[];
}

interface Tab {
  id: string;
  label: string;
  content: ReactNode;
}

function Room({ song, title, waveforms, lane, record, lanes, onSing, onHelp, panels }: RoomProps) {
  const wide = useMedia("(width >= 900px)");
  const [chosen, choose] = useState("");
  const [mixerShown, showMixer] = useState(true);
  const [choosing, setChoosing] = useState(false);
  const toWaveforms = { choosing, onChosen: () => setChoosing(false) };
  const mixer = <Mixer waveforms={waveforms?.stems ?? null} {...toWaveforms} />;
  const loop = <LoopControls choosing={choosing} onChoosing={setChoosing} />;
  const mixing = (
    <>
      {mixer}
      <div className={css.practice}>
        {loop}
        <PracticeControls />
      </div>
    </>
  );
  const tabs = wide
    ? panels
    : [...panels.slice(0, 1), { id: "mixer", label: "Mixer", content: mixing }, ...panels.slice(1)];
  const tab = (tabs.find(({ id }) => id === chosen) ?? tabs[0])?.id ?? "";
  return (
    <Tabs.Root className={css.room} value={tab} onValueChange={choose}>
      <header className={css.header}>
        <Link href="/" className={css.back} aria-label="Back to the library" title="Back to the library">
          <ArrowLeft size={22} />
        </Link>
        <div className={css.titles}>
          <h1 className={css.title}>{title}</h1>
          <p className={css.artist}>
            {song.artist}
            {song.model === "preview" && <PreviewMark />}
          </p>
        </div>
        <Tabs.List className={css.tabs} aria-label="Views of the song">
          {tabs.map(({ id, label }) => (
            <Tabs.Trigger key={id} value={id}>
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {wide && (
          <>
            <IconButton
              label="Mixer"
              className={css.shown}
              aria-pressed={mixerShown}
              onClick={() => showMixer(!mixerShown)}
            >
              <SlidersVertical size={20} />
            </IconButton>
            <IconButton label="Keyboard (?)" onClick={onHelp}>
              <Keyboard size={20} />
            </IconButton>
          </>
        )}
        {onSing && (
          <Button onClick={onSing}>
            <MicVocal size={18} aria-hidden="true" /> Sing
          </Button>
        )}
      </header>
      <main className={css.main} id="main">
        {tabs.map(({ id, content }) => (
          <Panel key={id} value={id} shown={tab === id}>
            {content}
          </Panel>
        ))}
      </main>
      <section className={css.dock} aria-label="Player">
        {wide && mixerShown && mixer}
        {lanes}
        {lane}
        <Timeline waveform={waveforms?.all ?? null} {...toWaveforms} />
        <Status choosing={choosing} />
        {record}
        <div className={css.transport}>
          <PlayGroup />
          {wide && (
            <>
              {loop}
              <PracticeControls />
            </>
          )}
        </div>
      </section>
    </Tabs.Root>
  );
}

/** A tab's content. It keeps what it holds while another is shown, and rests. */
function Panel({ value, shown, children }: { value: string; shown: boolean; children: ReactNode }) {
  return (
    <Tabs.Content value={value} className={css.panel} forceMount hidden={!shown}>
      <Activity mode={shown ? "visible" : "hidden"}>{children}</Activity>
    </Tabs.Content>
  );
}

function PreviewMark() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={css.mark} onClick={() => setOpen(true)}>
        Built-in separator
      </button>
      <Preview open={open} onOpenChange={setOpen} />
    </>
  );
}
