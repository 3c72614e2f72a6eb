import { LogOut } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button } from "@/components/Button";
import { useSession } from "@/session/context";
import type { PageProps } from "../feature";
import css from "./Account.module.css";
import { DeletePanel } from "./DeletePanel";
import { ExportPanel } from "./ExportPanel";
import { UsagePanel } from "./UsagePanel";

/** Who is signed in, and what belongs to them: take it, or end it. */
export default function AccountPage({ onAccountDeleted }: PageProps) {
  const session = useSession();
  const state = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => session.state(),
  );
  const email = state.status === "in" ? state.email : "";
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>Account</h1>
        <p>
          Signed in as <strong>{email}</strong>
        </p>
        <Button kind="plain" onClick={() => void session.signOut()}>
          <LogOut size={18} /> Sign out
        </Button>
      </header>
      <UsagePanel />
      <ExportPanel />
      <DeletePanel email={email} onDeleted={() => onAccountDeleted(email)} />
    </div>
  );
}
