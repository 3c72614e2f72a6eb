/** Takes in a mix have names of their own beside those of the stems. */
const PREFIX = "take:";

/** The name in a mix of the take of a session. */
export const takeStem = (sessionId: string): string => PREFIX + sessionId;
export const isTake = (stem: string): boolean => stem.startsWith(PREFIX);
/** The session of a take by its name in a mix. */
export const sessionOf = (stem: string): string => stem.slice(PREFIX.length);
