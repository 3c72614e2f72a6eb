import { type ReactNode, useId } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import css from "./Session.module.css";
import type { useForm } from "./useForm";

interface Props {
  title: string;
  /** A line or two below the title. */
  lead?: ReactNode;
  form: ReturnType<typeof useForm>;
  submit: string;
  children: ReactNode;
  /** The ways to other pages. */
  foot: ReactNode;
}

/** One form of the sign-in: title, inputs, the one button, ways out. */
export function FormPage({ title, lead, form, submit, children, foot }: Props) {
  const id = useId();
  return (
    <>
      <h1 id={id}>{title}</h1>
      {lead && <p className={css.lead}>{lead}</p>}
      <form {...form.props} className={css.form} aria-labelledby={id}>
        {children}
        {form.faults.form && (
          <div data-fault tabIndex={-1}>
            <Notice tone="error">{form.faults.form}</Notice>
          </div>
        )}
        <Button type="submit" kind="primary" busy={form.busy}>
          {submit}
        </Button>
      </form>
      <div className={css.foot}>{foot}</div>
    </>
  );
}

/** A way to another page of the sign-in, as a line of text. */
export function Way({ onClick, children }: { onClick(): void; children: ReactNode }) {
  return (
    <button type="button" className={css.way} onClick={onClick}>
      {children}
    </button>
  );
}
