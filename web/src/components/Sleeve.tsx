import { memo, useState } from "react";
import { drawSleeve, type SleeveFacts } from "./sleeve";
import css from "./Sleeve.module.css";

interface Props extends SleeveFacts {
  /** The address of a picture to show in place of the drawing; while it loads, and where it cannot, the drawing shows. */
  picture?: string | null;
}

/** The cover of a song: its own picture, else one that is drawn from the song. Fills its square; nothing for the ear. */
export const Sleeve = memo(function Sleeve({ picture, ...facts }: Props) {
  const [shown, setShown] = useState({ picture, broken: false });
  if (shown.picture !== picture) setShown({ picture, broken: false });
  const { hue, otherHue, minor, paths } = drawSleeve(facts);
  const colours = { ["--hue" as string]: hue, ["--other-hue" as string]: otherHue };
  return (
    <span className={css.sleeve} style={colours} data-minor={minor || undefined} aria-hidden="true">
      <svg viewBox="0 0 100 100" focusable="false">
        {paths.map((path, tone) => path && <path key={tone} data-tone={tone} d={path} />)}
      </svg>
      {picture && !shown.broken && (
        <img src={picture} alt="" decoding="async" onError={() => setShown({ picture, broken: true })} />
      )}
    </span>
  );
});
