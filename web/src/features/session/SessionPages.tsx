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
 * What a signed-out person sees at any address: the address stays, so they are where they wanted to be
 * afterwards. `reason`: why they are here.
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
          Your songs become vocals, drums, bass and everything else, with the lyrics in time. The faders are yours, and
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
