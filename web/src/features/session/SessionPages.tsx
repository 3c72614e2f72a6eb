import { useState } from "react";
import { Notice } from "@/components/Notice";
import { Confirm } from "./Confirm";
import { Forgot } from "./Forgot";
import { Reset } from "./Reset";
import css from "./Session.module.css";
import { SignIn } from "./SignIn";
import { SignUp } from "./SignUp";
import { Stems } from "./Stems";
import type { Page, Visit } from "./visit";

const PAGES = { "sign-in": SignIn, "sign-up": SignUp, confirm: Confirm, forgot: Forgot, reset: Reset };

/**
 * What a signed-out user sees at any address. The address stays, so that after the sign-in they are at the requested
 * page. `reason`: why they are here.
 */
export default function SessionPages({ reason, local }: { reason?: string; local: boolean }) {
  const [page, setPage] = useState<Page>("sign-in");
  const [moved, setMoved] = useState(false);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const visit: Visit = {
    email,
    setEmail,
    password,
    setPassword,
    local,
    // A message is read first.
    focus: moved || !reason,
    go(next) {
      setMoved(true);
      setPage(next);
    },
  };
  const Current = PAGES[page];
  return (
    <div className={css.page}>
      <section className={css.hello} aria-label="About Unplugd">
        <div className={css.brand}>
          <img src="/favicon.svg" alt="" width={36} height={36} /> Unplugd
        </div>
        <p className={css.claim}>Take any song apart. Then sing it, play it, learn it.</p>
        <p className={css.about}>
          Your songs become vocals, drums, bass and everything else, with the words in time. The faders are yours, and
          so are the songs.
        </p>
        <Stems />
      </section>
      <main className={css.card}>
        {reason && !moved && <Notice>{reason}</Notice>}
        <Current key={page} visit={visit} />
      </main>
    </div>
  );
}
