/** The stages of the pipeline that the page knows, in the order they run. A stage it does not know is shown plainly. */
const STAGES = [
  { name: "demucs", label: "Separating the instruments", step: "Separate the instruments" },
  { name: "whisper", label: "Writing the lyrics", step: "Write the lyrics" },
] as const;

/** The steps of a song as the page lists them. */
export const STEPS: readonly string[] = ["Wait in the queue", ...STAGES.map(({ step }) => step)];

/** What goes on in a stage, as a sentence's start. */
export const labelOf = (stage: string): string => STAGES.find(({ name }) => name === stage)?.label ?? "Processing";

/** The index in STEPS of a running stage; the first stage's until one is known. */
export function stepOf(stage: string | null): number {
  const index = STAGES.findIndex(({ name }) => name === stage);
  return Math.max(0, index) + 1;
}
