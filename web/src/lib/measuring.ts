import measuring from "./measuring.json";

/** A measured value that is less sure than this (0–1) is doubtful: from functions/audiofile by `make reference`. */
export const { doubtfulBelow: SURE } = measuring;
