import { ArrowLeft, BarChart3, Settings } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import css from "./Frame.module.css";
import type { Outbox, OutboxState } from "./outbox/outbox";
import { count } from "./words";

const PLACES = [
  { path: "/practice/stats", label: "Statistics", icon: BarChart3 },
  { path: "/practice/settings", label: "Settings", icon: Settings },
];

/** The frame of the three pages: its title never names a song. */
export function Frame({
  title,
  back,
  note,
  children,
}: {
  title: string;
  back: string;
  note?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Unplugd`;
  }, [title]);
  const where = back === "/" ? "the library" : "the session";
  return (
    <div className={css.page}>
      <header className={css.head}>
        <Link href={back} className={css.icon} aria-label={`Back to ${where}`} title={`Back to ${where}`}>
          <ArrowLeft size={22} />
        </Link>
        <h1>{title}</h1>
        {note && <span className={css.note}>{note}</span>}
        <nav className={css.nav} aria-label="Guess The Track">
          {PLACES.map(({ path, label, icon: Icon }) => (
            <Link key={path} href={path} className={css.icon} aria-label={label} title={label}>
              <Icon size={20} />
            </Link>
          ))}
        </nav>
      </header>
      {children}
    </div>
  );
}

/** What waits on this device, while it cannot be sent; and what was refused. */
export function Waiting({ outbox, state }: { outbox: Outbox | null; state: OutboxState }) {
  const refused = state.waiting.filter(({ trouble }) => trouble);
  const held = state.waiting.length - refused.length;
  if (!outbox) return null;
  return (
    <>
      {state.note && held > 0 && (
        <Notice
          action={
            <Button kind="quiet" onClick={() => outbox.wake()}>
              Try now
            </Button>
          }
        >
          <b>{count(held, "answer")} kept on this device.</b> {state.note}
        </Notice>
      )}
      {refused[0] && (
        <Notice
          tone="error"
          action={
            <span>
              <Button kind="quiet" onClick={() => outbox.wake(true)}>
                Try again
              </Button>
              <Button kind="quiet" onClick={() => void outbox.dropRefused()}>
                Remove
              </Button>
            </span>
          }
        >
          <b>{count(refused.length, "answer")} refused.</b> {refused[0].trouble}
        </Notice>
      )}
    </>
  );
}
