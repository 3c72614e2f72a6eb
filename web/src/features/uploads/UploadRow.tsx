import { Check, ChevronDown, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Progress } from "@/components/Progress";
import { wait } from "@/lib/time";
import { PICKED, refusal, shownName } from "./checks";
import type { UploadView } from "./model";
import type { Queue } from "./queue";
import { UploadDetails } from "./UploadDetails";
import css from "./uploads.module.css";

/** How long a sent song still shows, unless its details are open; its fading takes the end of it. */
const STAYS_MS = 2500;

interface Props {
  upload: UploadView;
  queue: Queue;
  /** Another file for this one, which cannot be read any more. */
  onReplace(file: File): void;
  /** Its row is about to go at a person's wish. */
  onCancel(): void;
}

/** One song on its way. */
export function UploadRow({ upload, queue, onReplace, onCancel }: Props) {
  const { id, phase, trouble } = upload;
  const [open, setOpen] = useState(false);
  const details = useId();
  const picker = useRef<HTMLInputElement>(null);
  const name = shownName(upload);
  const leaving = phase === "sent" && !open && !upload.wordsTrouble;
  useEffect(() => {
    if (!leaving) return;
    const timer = setTimeout(() => queue.dismiss(id), STAYS_MS);
    return () => clearTimeout(timer);
  }, [leaving, queue, id]);

  const waitsLong = upload.note !== null && !upload.active;
  return (
    <li className={`${css.row} ${leaving ? css.leaving : ""}`}>
      <div className={css.head}>
        <div className={css.what}>
          <span className={css.name} dir="auto">
            {name}
          </span>
          <span className={phase === "failed" ? css.error : css.quiet}>
            {phase === "sent" && <Check size={16} aria-hidden="true" className={css.check} />}
            {standing(upload)}
          </span>
        </div>
        {(waitsLong || trouble?.way === "retry") && (
          <Button aria-label={`Retry ${name}`} onClick={() => queue.retry(id)}>
            Retry
          </Button>
        )}
        {trouble?.way === "choose" && (
          <Button aria-label={`Choose the file of ${name} again`} onClick={() => picker.current?.click()}>
            Choose again
          </Button>
        )}
        <IconButton
          label={`Details of ${name}`}
          aria-expanded={open}
          aria-controls={open ? details : undefined}
          onClick={() => setOpen(!open)}
        >
          <ChevronDown size={20} className={open ? css.up : ""} />
        </IconButton>
        {phase === "sent" && upload.wordsTrouble && (
          <IconButton label={`Dismiss ${name}`} onClick={() => queue.dismiss(id)}>
            <X size={20} />
          </IconButton>
        )}
        {phase !== "sent" && (
          <IconButton
            label={`Cancel ${name}`}
            onClick={() => {
              queue.cancel(id);
              onCancel();
            }}
          >
            <X size={20} />
          </IconButton>
        )}
      </div>
      {phase === "waiting" && (
        <Progress value={(upload.sentBytes / upload.sizeBytes) * 100} label={`Sending ${name}`} />
      )}
      {upload.wordsTrouble && !open && (
        <p className={css.error}>
          {refusal(upload, upload.wordsTrouble)} The song goes on without these lyrics. Open its details to correct
          them.
        </p>
      )}
      {open && (
        <div id={details} role="group" aria-label={`Details of ${name}`}>
          <UploadDetails
            upload={upload}
            onEdit={(change) => queue.edit(id, change)}
            onWords={(words) => queue.giveWords(id, words)}
          />
        </div>
      )}
      <input
        ref={picker}
        type="file"
        hidden
        accept={PICKED}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) onReplace(file);
        }}
      />
    </li>
  );
}

const size = (bytes: number) =>
  bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** The state of an upload, in a few words. */
function standing({ phase, trouble, note, active, sentBytes, sizeBytes, bytesPerSecond }: UploadView): string {
  if (phase === "sent") return "Sent";
  if (trouble) return trouble.text;
  if (note) return note;
  if (!active) return `Waits for its turn · ${size(sizeBytes)}`;
  if (sentBytes === 0) return "Getting ready";
  if (sentBytes >= sizeBytes) return "100 % · Almost there";
  const pace = bytesPerSecond
    ? ` · ${size(bytesPerSecond)}/s · ${wait((sizeBytes - sentBytes) / bytesPerSecond)} left`
    : ` of ${size(sizeBytes)}`;
  return `${Math.floor((sentBytes / sizeBytes) * 100)} %${pace}`;
}
