// @vitest-environment node
import { describe, expect, it } from "vitest";
import { chordText, keyText, namesIn, pitchOf } from "./spelling";

const minor = (tonic: string) => ({ tonic, mode: "minor" as const });
const major = (tonic: string) => ({ tonic, mode: "major" as const });
const written = (label: string, key: ReturnType<typeof major> | ReturnType<typeof minor> | null, semitones = 0) =>
  chordText(label, key, semitones).written;

describe("keys", () => {
  it.each([
    [minor("C"), 0, "C minor"],
    [minor("Eb"), 0, "E♭ minor"],
    [minor("D#"), 0, "D♯ minor"],
    [minor("C"), 2, "D minor"],
    [minor("C"), 1, "C♯ minor"],
    [minor("A"), 1, "B♭ minor"],
    [minor("A"), -1, "G♯ minor"],
    [major("C"), 1, "D♭ major"],
    [major("G"), -1, "F♯ major"],
    [major("F"), 1, "G♭ major"],
    [major("A"), 1, "B♭ major"],
    [major("E"), 6, "B♭ major"],
  ])("%j moved by %i is %s", (key, semitones, name) => expect(keyText(key, semitones)).toBe(name));
});

describe("chords", () => {
  it("are spelt for their key", () => {
    expect(["C:min", "Ab:maj", "Eb:maj", "Bb:maj", "G:7"].map((one) => written(one, minor("C")))).toEqual([
      "Cm",
      "A♭",
      "E♭",
      "B♭",
      "G7",
    ]);
    // The engine writes G# as Ab, and Eb for D#: in E major both are sharps.
    expect(["C#:min", "Ab:min", "Eb:dim", "B:7"].map((one) => written(one, major("E")))).toEqual([
      "C♯m",
      "G♯m",
      "D♯dim",
      "B7",
    ]);
    expect(written("Ab:dim", minor("A"))).toBe("G♯dim");
    expect(written("Bb:maj", minor("A"))).toBe("B♭");
    expect(written("F#:maj", major("Db"))).toBe("G♭");
    expect(written("Bb:maj", major("C"))).toBe("B♭");
    expect(written("B:maj", major("Gb"))).toBe("C♭");
  });
  it("follow the key control, with names of the new key", () => {
    expect(["C:min", "Ab:maj", "G:7"].map((one) => written(one, minor("C"), 2))).toEqual(["Dm", "B♭", "A7"]);
    expect(["C:min", "Ab:maj", "G:7"].map((one) => written(one, minor("C"), 1))).toEqual(["C♯m", "A", "G♯7"]);
    expect(["C:maj", "F:maj", "G:maj"].map((one) => written(one, major("C"), -1))).toEqual(["B", "E", "F♯"]);
    expect(["C:maj", "F:maj", "G:maj"].map((one) => written(one, major("C"), 1))).toEqual(["D♭", "G♭", "A♭"]);
  });
  it("have their usual names where the key is not known", () => {
    expect(["C#:min", "Eb:maj", "F#:min7"].map((one) => written(one, null))).toEqual(["C♯m", "E♭", "F♯m7"]);
  });
  it("can be none, and are spoken in words", () => {
    expect(chordText("N", null)).toEqual({ written: "–", spoken: "no chord" });
    expect(chordText("Eb:min7", minor("C")).spoken).toBe("E flat minor seven");
    expect(chordText("F", null).spoken).toBe("F major");
  });
});

it("every pitch has one name in every key", () => {
  for (const tonic of ["C", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B"])
    for (const key of [major(tonic), minor(tonic)])
      for (let moved = -6; moved <= 6; moved++) {
        const names = Array.from({ length: 12 }, (_, pitch) => namesIn(key, moved)(pitch));
        expect(new Set(names).size).toBe(12);
        names.forEach((name, pitch) => {
          expect(pitchOf(name.replaceAll("♭", "b").replaceAll("♯", "#")), `${name} in ${tonic}`).toBe(pitch);
        });
      }
});
