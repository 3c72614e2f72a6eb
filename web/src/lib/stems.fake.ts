/** Stems of songs for tests: of the usual engines, and of one that also separates guitar and piano. */
export const FOUR_STEMS = ["drums", "bass", "other", "vocals"];
export const SIX_STEMS = ["drums", "bass", "guitar", "piano", "other", "vocals"];
