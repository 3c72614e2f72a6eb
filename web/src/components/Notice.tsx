import type { ReactNode } from "react";
import css from "./Notice.module.css";

/** Something a person should know here. `error`: something went wrong; say what to do in `action`. */
export function Notice({
  tone = "plain",
  children,
  action,
}: {
  tone?: "plain" | "error";
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`${css.notice} ${css[tone]}`} role={tone === "error" ? "alert" : "note"}>
      <div>{children}</div>
      {action}
    </div>
  );
}

/** A page or list that holds nothing yet, and the way on. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{title}</h2>
      {children}
      {action}
    </div>
  );
}
