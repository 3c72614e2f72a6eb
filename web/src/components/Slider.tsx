import { Slider as Radix } from "radix-ui";
import css from "./Slider.module.css";

interface Props {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange(value: number): void;
  /** What a screen reader says for the value, such as "80 percent". */
  text?: string;
  orientation?: "horizontal" | "vertical";
  disabled?: boolean;
  /** A CSS colour for the filled part. */
  colour?: string;
}

export function Slider({ label, value, onChange, text, colour, orientation = "horizontal", ...rest }: Props) {
  return (
    <Radix.Root
      className={css.root}
      orientation={orientation}
      value={[value]}
      onValueChange={([next]) => next !== undefined && onChange(next)}
      style={colour ? { ["--fill" as string]: colour } : undefined}
      {...rest}
    >
      <Radix.Track className={css.track}>
        <Radix.Range className={css.range} />
      </Radix.Track>
      <Radix.Thumb className={css.thumb} aria-label={label} aria-valuetext={text} />
    </Radix.Root>
  );
}
