import { currentVersion, type Save } from "@/api/lyrics";

/** After the last move it is saved so much later (ms). */
const SAVE_AFTER = 700;

/** Saves the offset when a person has stopped moving it: one call at a time, the last value wins. */
export class OffsetSaver {
  private wanted: number | null = null;
  private saving = false;
  private version = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private save: Save | undefined;

  constructor(private readonly tell: { saved(): void; failed(error: Error, again: () => void): void }) {}

  /** `version`: of the lyrics that are shown. */
  move(offsetMs: number, version: number, save: Save): void {
    this.wanted = offsetMs;
    this.version = Math.max(this.version, version);
    this.save = save;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), SAVE_AFTER);
  }

  /** Saves at once what waits, if anything does. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.saving || !this.save) return;
    this.saving = true;
    try {
      while (this.wanted !== null) {
        const offsetMs = this.wanted;
        this.version = await put(offsetMs, this.version, this.save);
        if (this.wanted !== offsetMs) continue;
        this.wanted = null;
        this.tell.saved();
      }
    } catch (error) {
      this.tell.failed(error as Error, () => void this.flush());
    } finally {
      this.saving = false;
    }
  }
}

/** The offset is a setting, not a text: over somebody else's change it is simply set again. */
async function put(offsetMs: number, version: number, save: Save): Promise<number> {
  try {
    return (await save({ version, offsetMs })).lyricsVersion;
  } catch (error) {
    const current = currentVersion(error);
    if (current === undefined) throw error;
    return (await save({ version: current, offsetMs })).lyricsVersion;
  }
}
