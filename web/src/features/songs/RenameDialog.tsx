import { type FormEvent, useState } from "react";
import type { Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { type Details, useSongActions } from "./actions";
import css from "./RenameDialog.module.css";

/** As the API takes them (docs/openapi.json). */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;
const MAX_TEXT = 200;

/** Title, artist and language of a song. */
export function RenameDialog({ song, onClose }: { song: Song; onClose(): void }) {
  const actions = useSongActions();
  const [title, setTitle] = useState(song.title ?? "");
  const [artist, setArtist] = useState(song.artist ?? "");
  const [language, setLanguage] = useState(song.language ?? "");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  const noTitle = title.trim() ? undefined : "Give the song a title.";
  const badLanguage =
    !language.trim() || LANGUAGE.test(language.trim()) ? undefined : "Write a language code, such as en, es or pt-BR.";

  async function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || noTitle || badLanguage) return;
    const now = { title: title.trim(), artist: artist.trim() || null, language: language.trim() || null };
    const changes = Object.fromEntries(
      Object.entries(now).filter(([name, value]) => value !== song[name as keyof Details]),
    ) as Details;
    if (Object.keys(changes).length === 0) return onClose();
    setBusy(true);
    setProblem("");
    try {
      await actions.rename(song, changes);
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The song could not be saved. Try again.");
      setBusy(false);
    }
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Rename the song">
      <form className={css.form} onSubmit={(event) => void save(event)} noValidate>
        <Field
          label="Title"
          value={title}
          maxLength={MAX_TEXT}
          autoComplete="off"
          autoFocus
          onChange={(event) => setTitle(event.target.value)}
          error={tried ? noTitle : undefined}
        />
        <Field
          label="Artist"
          value={artist}
          maxLength={MAX_TEXT}
          autoComplete="off"
          onChange={(event) => setArtist(event.target.value)}
        />
        <Field
          label="Language"
          value={language}
          maxLength={35}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="Found by listening"
          hint={nameOf(language) ?? "A code such as en, es or pt-BR. Leave it empty to have it found."}
          onChange={(event) => setLanguage(event.target.value)}
          error={tried ? badLanguage : undefined}
        />
        {problem && (
          <p className={css.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={css.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** "Portuguese (Brazil)" for "pt-BR"; undefined for what is not a language. */
function nameOf(code: string): string | undefined {
  if (!LANGUAGE.test(code.trim())) return undefined;
  try {
    return new Intl.DisplayNames("en", { type: "language", fallback: "none" }).of(code.trim());
  } catch {
    return undefined;
  }
}
