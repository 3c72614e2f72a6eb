import css from "./Stats.module.css";

export interface Bar {
  /** As 2026-01-31. */
  day: string;
  /** Null: nothing to show that day. */
  value: number | null;
  /** What a person reads of it. */
  text: string;
}

const [WIDTH, HEIGHT] = [600, 120];

const short = (day: string) =>
  new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(`${day}T12:00:00Z`),
  );

/** A bar a day. `summary` says in a sentence what the plot shows; the table says all of it. */
export function Bars({ title, summary, bars, most, unit }: Props) {
  const step = WIDTH / Math.max(1, bars.length);
  const first = bars[0];
  const last = bars.at(-1);
  return (
    <figure className={css.plot}>
      <figcaption>
        <h2>{title}</h2>
        <p>{summary}</p>
      </figcaption>
      <div className={css.chart}>
        <span className={css.most}>
          {most}
          {unit}
        </span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${summary}`}
        >
          <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className={css.axis} />
          {bars.map(({ day, value, text }, index) => {
            const height = Math.max(value ? 2 : 0, ((value ?? 0) / Math.max(1, most)) * (HEIGHT - 4));
            return (
              <rect
                key={day}
                x={index * step + step * 0.12}
                width={step * 0.76}
                y={HEIGHT - height}
                height={height}
                className={css.bar}
              >
                <title>{`${short(day)}: ${text}`}</title>
              </rect>
            );
          })}
        </svg>
        <span className={css.days}>
          <span>{first && short(first.day)}</span>
          <span>{last && short(last.day)}</span>
        </span>
      </div>
      <details>
        <summary>As a table</summary>
        <table>
          <tbody>
            {bars
              .filter(({ value }) => value !== null && value > 0)
              .map(({ day, text }) => (
                <tr key={day}>
                  <th scope="row">{short(day)}</th>
                  <td>{text}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

interface Props {
  title: string;
  summary: string;
  bars: readonly Bar[];
  /** The value of a full bar. */
  most: number;
  unit?: string;
}
