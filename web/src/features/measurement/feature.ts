import type { Feature } from "../feature";

export const measurement: Feature = {
  name: "measurement",
  slots: { lane: () => import("./ChordLane"), guide: () => import("./MelodyGuide") },
  songPanel: {
    order: 3,
    label: "Music",
    load: () => import("./MusicPanel"),
    when: (song) => song.measuredAt !== null,
  },
};
