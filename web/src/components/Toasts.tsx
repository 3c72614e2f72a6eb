import { useSyncExternalStore } from "react";
import { X } from "lucide-react";
import { Button, IconButton } from "./Button";
import css from "./Toasts.module.css";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "error";
  /** A button in it, such as Undo. */
  action?: { label: string; onSelect(): void };
  /** Milliseconds it stays; null: until it is closed. */
  stays: number | null;
  onClose?(): void;
}

let shown: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

/** Show a message at the foot of the page. Returns what closes it (without calling onClose). Errors stay until closed. */
export function toast(text: string, options: Partial<Omit<Toast, "id" | "text">> = {}): () => void {
  const tone = options.tone ?? "plain";
  const one: Toast = { id: nextId++, text, tone, stays: tone === "error" ? null : 6000, ...options };
  shown = [...shown.slice(-3), one];
  tell();
  if (one.stays !== null) setTimeout(() => shown.includes(one) && close(one), one.stays);
  return () => remove(one.id);
}

function remove(id: number) {
  shown = shown.filter((one) => one.id !== id);
  tell();
}

function close(one: Toast) {
  remove(one.id);
  one.onClose?.();
}

export function Toasts() {
  const toasts = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <div className={css.toasts} role="region" aria-label="Messages" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} className={`${css.toast} ${one.tone === "error" ? css.error : ""}`}>
          <span>{one.text}</span>
          {one.action && (
            <Button
              kind="quiet"
              className={css.action}
              onClick={() => {
                remove(one.id);
                one.action?.onSelect();
              }}
            >
              {one.action.label}
            </Button>
          )}
          <IconButton label="Close message" onClick={() => close(one)}>
            <X size={18} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
