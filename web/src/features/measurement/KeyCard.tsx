import { useId } from "react";
import type { Key, KeyName, Measured } from "@/api/measurements";
import { Button } from "@/components/Button";
import { SURE } from "@/lib/measuring";
import { Card } from "./Card";
import type { CardProps } from "./MusicPanel";
import css from "./MusicPanel.module.css";
import { keyText } from "./spelling";

const TONICS = ["C", "C#", "Db", "D", "D#", "Eb", "E", "F", "F#", "Gb", "G", "G#", "Ab", "A", "A#", "Bb", "B"] as const;
type Tonic = (typeof TONICS)[number];
const MODES = ["major", "minor"] as const;

const isTonic = (name: string): name is Tonic => (TONICS as readonly string[]).includes(name);

/** The key of the song. */
export function KeyCard({ known: measured, busy, change }: CardProps & { known: Measured<Key> | null }) {
  const id = useId();
  const known = measured?.value;
  const set = ({ tonic, mode }: KeyName, lock = true) => {
    if (isTonic(tonic)) void change("key", { value: { tonic, mode }, lock });
  };
  const shown: KeyName = known ?? { tonic: "C", mode: "major" };
  const unsure = known ? known.confidence !== null && known.confidence < SURE : true;
  const { second = null } = known ?? {};
  return (
    <Card
      title="Key"
      value={known ? keyText(known) : "Not known"}
      measured={measured}
      busy={busy}
      doubt={
        unsure &&
        (known
          ? `Not sure${second ? `: it could also be ${keyText(second)}` : ""}.`
          : "No key was heard. Choose it here.")
      }
      onLock={known ? (lock) => set(known, lock) : undefined}
      onUndo={() => void change("key", null)}
    >
      <div className={css.line}>
        <label htmlFor={`${id}-tonic`}>Key note</label>
        <select
          id={`${id}-tonic`}
          value={shown.tonic}
          disabled={busy}
          onChange={(event) => set({ ...shown, tonic: event.target.value })}
        >
          {TONICS.map((tonic) => (
            <option key={tonic} value={tonic}>
              {tonic.replace("#", "♯").replace("b", "♭")}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-mode`}>Mode</label>
        <select
          id={`${id}-mode`}
          value={shown.mode}
          disabled={busy}
          onChange={(event) => set({ ...shown, mode: event.target.value === "minor" ? "minor" : "major" })}
        >
          {MODES.map((mode) => (
            <option key={mode}>{mode}</option>
          ))}
        </select>
        {unsure && second && (
          <Button disabled={busy} onClick={() => set(second)}>
            Use {keyText(second)}
          </Button>
        )}
      </div>
    </Card>
  );
}
