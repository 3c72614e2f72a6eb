import { expect, it } from "vitest";
import type { SongDetails } from "@/api/details";
import { aSong } from "@/api/songs.fake";
import { factsOf, filesOf, gainText, sizeText } from "./facts";

const texts = (facts: ReturnType<typeof factsOf>) => Object.fromEntries(facts.map(({ name, text }) => [name, text]));

it("says what the file and the measuring know of a song", () => {
  const song = aSong("A", {
    ...{ durationSec: 185, tempoBpm: 127.6, tempoConfidence: 0.9, musicKey: "F# minor", camelot: "11A" },
    ...{ keyConfidence: 0.1, loudnessLufs: -12.5, isrc: "GBDUW0000059" },
  });
  const details = {
    ...{ trackNumber: 3, trackTotal: 11, discNumber: 1, discTotal: null },
    replayGain: { trackGainDb: -7.25, trackPeak: 0.988, albumGainDb: 1.5, albumPeak: null },
  } as SongDetails;
  expect(texts(factsOf(song, details))).toMatchObject({
    ISRC: "GBDUW0000059",
    Track: "3 of 11",
    Disc: "1",
    "ReplayGain, song": "−7.25 dB, peak 0.988",
    "ReplayGain, album": "+1.5 dB",
    Length: "3:05",
    Tempo: "128 BPM",
    Key: "F♯ minor? · 11A",
    Loudness: "−12.5 LUFS",
  });
});

it("says of a song of which nothing is known that there is nothing", () => {
  const facts = texts(factsOf(aSong("A", { durationSec: null }), undefined));
  for (const name of ["ISRC", "Track", "Disc", "ReplayGain, song", "Length", "Tempo", "Key"])
    expect([name, facts[name]]).toEqual([name, null]);
  expect([gainText(undefined, 1), sizeText(null), sizeText(900_000), sizeText(5_250_000)]).toEqual([
    ...[null, null],
    ...["900 kB", "5.3 MB"],
  ]);
});

it("lists the files that there are", () => {
  const stems = { vocals: { url: "v", streamUrl: "v" }, drums: { url: "d", streamUrl: "d" } };
  const song = {
    ...aSong("A", { status: "COMPLETED", lyricsStatus: "READY", mixAt: "2026-01-31T08:15:00.000Z" }),
    stems,
  };
  const files = texts(filesOf(song));
  expect(files["Stems, WAV and MP3"]?.split(", ").sort()).toEqual(["Drums", "Vocals"]);
  expect(files["Whole song"]).toContain("MP3");
  expect(texts(filesOf(aSong("B")))).toMatchObject({ "Stems, WAV and MP3": null, "Whole song": null, Lyrics: null });
});
