import type { Feature } from "../feature";

export const capture: Feature = {
  name: "capture",
};
