import { Keyboard } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import css from "./Ask.module.css";
import { HELP } from "./keys";

/** The list of keys. */
export function Keys() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Keys and pedals" className={css.keysButton} onClick={() => setOpen(true)}>
        <Keyboard size={20} />
      </IconButton>
      <Dialog open={open} onOpenChange={setOpen} title="Keys and pedals">
        <dl className={css.keys}>
          {HELP.map(([keys, what]) => (
            <div key={keys}>
              <dt>{keys}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  );
}
