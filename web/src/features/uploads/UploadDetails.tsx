import { useId, useMemo, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { EncodingChoice } from "@/components/EncodingChoice";
import { Field } from "@/components/Field";
import { fromBase64, PICKED_LYRICS } from "@/lib/lyricsFile";
import { detailsFromName, readWords, refusal } from "./checks";
import { LanguageChoice } from "./Choices";
import type { Details, UploadView, Words } from "./model";
import css from "./uploads.module.css";

interface Props {
  upload: UploadView;
  onEdit(details: Partial<Details>): void;
  onWords(words: Words): void;
}

/** What a person may say of a song while it is on its way. Each field is kept when it is left. */
export function UploadDetails({ upload, onEdit, onWords }: Props) {
  const { title, artist, language } = upload.details;
  const text = (name: "title" | "artist", label: string, placeholder?: string) => (
    <Field
      label={label}
      maxLength={200}
      defaultValue={upload.details[name] ?? ""}
      placeholder={placeholder}
      onBlur={(event) => {
        const value = event.target.value.trim() || null;
        if (value !== { title, artist }[name]) onEdit({ [name]: value });
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
  return (
    <div className={css.details}>
      <div className={css.fields}>
        {text("title", "Title", detailsFromName(upload.name).title)}
        {text("artist", "Artist")}
        <LanguageChoice value={language} onChange={(code) => onEdit({ language: code })} />
      </div>
      <WordsField upload={upload} onWords={onWords} />
    </div>
  );
}

function WordsField({ upload, onWords }: Omit<Props, "onEdit">) {
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const { words, wordsAre, wordsTrouble } = upload;
  const kept = words && "text" in words ? words.text : "";
  const [draft, setDraft] = useState(kept);
  const [unread, setUnread] = useState<string | null>(null);

  async function choose(file: File) {
    try {
      const read = await readWords(file);
      setDraft("text" in read ? read.text : "");
      setUnread(null);
      onWords(read);
    } catch (error) {
      setUnread(error instanceof Error ? error.message : "The file cannot be read. Paste the lyrics.");
    }
  }

  const unclear = !unread && !draft && words && "file" in words && wordsAre === "refused" ? words : null;
  const bytes = useMemo(() => unclear && fromBase64(unclear.file), [unclear]);
  const trouble = unread ?? (draft === kept ? wordsTrouble : null);
  const from = words && "name" in words && words.name ? ` from “${words.name}”` : "";
  const state =
    !words || trouble ? null : wordsAre === "saved" ? `Lyrics${from} are saved.` : `Lyrics${from} are being sent.`;
  return (
    <div className={css.field}>
      <label htmlFor={id}>Lyrics, if you have them</label>
      <textarea
        id={id}
        rows={5}
        value={draft}
        dir="auto"
        spellCheck={false}
        placeholder="Paste the lyrics, with or without times"
        aria-invalid={trouble ? true : undefined}
        aria-describedby={`${id}-state`}
        onChange={(event) => setDraft(event.target.value)}
      />
      <div id={`${id}-state`} aria-live="polite">
        {trouble ? (
          <span className={css.error}>
            {refusal(upload, trouble)} {!unclear && "Correct the lyrics and save them again."}
          </span>
        ) : (
          <span className={css.quiet}>{state ?? "Without them, the lyrics are transcribed from the singing."}</span>
        )}
      </div>
      {unclear && bytes && (
        <EncodingChoice
          bytes={bytes}
          value={unclear.encoding ?? null}
          onChange={(encoding) => onWords({ ...unclear, encoding })}
        />
      )}
      <div className={css.buttons}>
        <Button
          disabled={!draft.trim() || (draft === kept && wordsAre !== "refused")}
          onClick={() => {
            setUnread(null);
            onWords({ text: draft });
          }}
        >
          Save lyrics
        </Button>
        <Button kind="quiet" onClick={() => picker.current?.click()}>
          Choose a lyrics file
        </Button>
        <input
          ref={picker}
          type="file"
          hidden
          accept={PICKED_LYRICS}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = ""; // so that the same one can be chosen again
            if (file) void choose(file);
          }}
        />
      </div>
    </div>
  );
}
