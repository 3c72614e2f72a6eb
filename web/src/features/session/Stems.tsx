import css from "./Session.module.css";

const COLOURS = ["vocals", "drums", "bass", "other"] as const;
const BARS = 56;

/** Four waveforms: a picture of what the app does. */
export function Stems() {
  return (
    <svg className={css.stems} viewBox={`0 0 ${BARS * 8} 208`} aria-hidden="true" focusable="false">
      {COLOURS.map((colour, row) => (
        <g key={colour} fill={`var(--${colour})`} style={{ animationDelay: `${row * -1.7}s` }}>
          {Array.from({ length: BARS }, (_, bar) => {
            const height = 4 + 44 * level(row, bar / BARS);
            return <rect key={bar} x={bar * 8} y={26 + row * 52 - height / 2} width={4} height={height} rx={2} />;
          })}
        </g>
      ))}
    </svg>
  );
}

/** 0 to 1, at a place 0 to 1: each stem in its own manner. */
function level(row: number, at: number): number {
  const wave = (turns: number, from = 0) => Math.abs(Math.sin((at * turns + from) * Math.PI));
  switch (row) {
    case 0:
      return wave(3, 0.1) ** 2 * (0.45 + 0.55 * wave(23));
    case 1:
      return (1 - ((at * 14) % 1)) ** 2.2;
    case 2:
      return 0.35 + 0.45 * wave(7, 0.3) * wave(31);
    default:
      return 0.2 + 0.6 * wave(2, 0.4) * wave(17, 0.2);
  }
}
