import { Dialog as Radix } from "radix-ui";
import { X } from "lucide-react";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { IconButton } from "./Button";
import css from "./Dialog.module.css";

interface Props {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
}

/** A modal dialog; a sheet from below on phones. Closed, it gives the focus back to what had it before. */
export function Dialog({ open, onOpenChange, title, description, children }: Props) {
  const before = useRef<Element>(null);
  // The portal mounts what is in it a moment after this, so nothing in it has taken the focus yet.
  useLayoutEffect(() => {
    if (open) before.current = document.activeElement;
  }, [open]);

  /** Radix knows only of triggers of its own; these dialogs have none. */
  function giveFocusBack(event: Event) {
    event.preventDefault();
    // What closed it may have given the focus to something already.
    const free = !document.activeElement || document.activeElement === document.body;
    if (free && before.current instanceof HTMLElement) before.current.focus();
  }

  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={css.overlay} />
        <Radix.Content
          className={css.content}
          onCloseAutoFocus={giveFocusBack}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className={css.head}>
            <Radix.Title className={css.title}>{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X size={20} />
              </IconButton>
            </Radix.Close>
          </header>
          {description && <Radix.Description className={css.description}>{description}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
