import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Song } from "@/api/client";
import { readDetailsAgain } from "@/api/details";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { type Details, useSongActions } from "../actions";
import css from "./Details.module.css";

const MAX_TEXT = 200;
const TEXTS = [
  ["title", "Title"],
  ["artist", "Artist"],
  ["album", "Album"],
  ["genre", "Genre"],
] as const;
type Name = (typeof TEXTS)[number][0] | "year";

const written = (song: Song): Record<Name, string> => ({
  title: song.title ?? "",
  artist: song.artist ?? "",
  album: song.album ?? "",
  genre: song.genre ?? "",
  year: song.year ? String(song.year) : "",
});

/** What a person may say of a song. Only what they changed is sent. */
export function DetailsForm({ song }: { song: Song }) {
  const actions = useSongActions();
  const client = useQueryClient();
  const known = written(song);
  // What was not touched follows the song, which may change elsewhere.
  const [typed, setTyped] = useState<Partial<Record<Name, string>>>({});
  const [state, setState] = useState<"idle" | "busy" | "saved">("idle");
  const [problem, setProblem] = useState("");
  const now = { ...known, ...typed };
  const names = (Object.keys(typed) as Name[]).filter((name) => now[name].trim() !== known[name]);
  const noTitle = now.title.trim() ? undefined : "Give the song a title.";
  const badYear = /^\d{0,4}$/.test(now.year.trim()) ? undefined : "Write a year of four digits, such as 1998.";

  async function save(event: FormEvent) {
    event.preventDefault();
    if (state === "busy" || noTitle || badYear || !names.length) return;
    setState("busy");
    setProblem("");
    const value = (name: Name) => (name === "year" ? Number(now.year.trim()) || null : now[name].trim() || null);
    try {
      await actions.rename(song, Object.fromEntries(names.map((name) => [name, value(name)])) as Details);
      readDetailsAgain(client, song.songId);
      setTyped({});
      setState("saved");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The song could not be saved. Try again.");
      setState("idle");
    }
  }

  const field = (name: Name, label: string, error?: string) => (
    <Field
      key={name}
      label={label}
      value={now[name]}
      maxLength={name === "year" ? 4 : MAX_TEXT}
      inputMode={name === "year" ? "numeric" : undefined}
      autoComplete="off"
      error={error}
      onChange={(event) => {
        setTyped({ ...typed, [name]: event.target.value });
        setState("idle");
      }}
    />
  );
  return (
    <form className={css.form} onSubmit={(event) => void save(event)} noValidate>
      {TEXTS.map(([name, label]) => field(name, label, name === "title" ? noTitle : undefined))}
      {field("year", "Year", badYear)}
      {problem && (
        <p className={css.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={css.buttons}>
        <Button kind="primary" type="submit" busy={state === "busy"} disabled={!names.length}>
          Save
        </Button>
        <span role="status" className={css.quiet}>
          {state === "saved" ? "Saved." : ""}
        </span>
      </div>
    </form>
  );
}
