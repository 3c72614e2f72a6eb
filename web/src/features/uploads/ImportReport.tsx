import { X } from "lucide-react";
import { Button, IconButton } from "@/components/Button";
import { Notice } from "@/components/Notice";
import type { Report } from "./importing";
import css from "./uploads.module.css";

interface Props {
  report: Report;
  onClose(): void;
  onAddKnown(): void;
}

/** What was not taken of the files that were brought, each by its name, and why. */
export function ImportReport({ report: { checking, added, refusals, skipped, known }, onClose, onAddKnown }: Props) {
  const close = (
    <IconButton label="Close" onClick={onClose}>
      <X size={18} />
    </IconButton>
  );
  const quiet = skipped.length > 0 || known.length > 0;
  return (
    <>
      {refusals.length > 0 && (
        <Notice tone="error">
          <div className={css.refused}>
            <ul className={css.refusals}>
              {refusals.map(({ name, why }, index) => (
                <li key={index}>
                  <strong dir="auto">{name}</strong> {why}
                </li>
              ))}
            </ul>
            {!quiet && close}
          </div>
        </Notice>
      )}
      {quiet && (
        <Notice>
          <div className={css.refused}>
            <div className={css.refusals}>
              {added > 0 && <p>{added === 1 ? "1 song is" : `${added.toLocaleString("en")} songs are`} on the way.</p>}
              <Names
                names={known.map(({ file }) => file.name)}
                one="song was left out: you have it already"
                many="songs were left out: you have them already"
              />
              <Names
                names={skipped}
                one="file is no music, and was skipped"
                many="files are no music, and were skipped"
              />
              {known.length > 0 && checking === 0 && (
                <div>
                  <Button onClick={onAddKnown}>Add {known.length === 1 ? "it" : "them"} all the same</Button>
                </div>
              )}
            </div>
            {close}
          </div>
        </Notice>
      )}
    </>
  );
}

function Names({ names, one, many }: { names: readonly string[]; one: string; many: string }) {
  if (!names.length) return null;
  return (
    <details className={css.names}>
      <summary>
        {names.length.toLocaleString("en")} {names.length === 1 ? one : many}
      </summary>
      <ul>
        {names.map((name, index) => (
          <li key={index}>
            <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
    </details>
  );
}
