/** 83.4 → "1:23". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A wait in words: 8 → "a few seconds", 50 → "about a minute". */
export function wait(seconds: number): string {
  if (seconds < 15) return "a few seconds";
  if (seconds < 45) return "half a minute";
  const minutes = Math.round(seconds / 60);
  return minutes <= 1 ? "about a minute" : `about ${minutes} minutes`;
}
