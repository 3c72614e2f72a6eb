/** Starts renderings from the page: one at a time, over all tabs of this browser. */
import type { Stem } from "./engine";
import type { Job } from "./render";
import { RenderError } from "./render-fetch";
import type { FileLinks, FromWorker, ToWorker } from "./render.worker";

export interface Rendering {
  /** Links to the song's files by their names. `fresh`: those given before were refused. Rejects with RenderError. */
  links(options?: { fresh?: boolean }): Promise<FileLinks>;
  /** The takes in a mix as WAV files, by their names. Rejects with RenderError. */
  takes?(): Promise<Readonly<Record<Stem, Blob>>>;
  /** `waiting`: the network is away; it goes on by itself. */
  onProgress(progress: { fraction: number; waiting: boolean }): void;
  signal: AbortSignal;
}

export interface Rendered {
  file: Blob;
  loweredDb: number;
}

const LOCK = "unplugd.rendering";
/** How long (ms) a stopped worker may take to clean up. */
const STOPPING = 3000;

/** Renders in a worker. Rejects with RenderError, or with the signal's reason once nothing is left behind. */
export async function startRender(job: Job, rendering: Rendering): Promise<Rendered> {
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
    if (!lock) throw new RenderError("busy", "another tab renders");
    return inWorker(job, rendering);
  });
}

async function inWorker(job: Job, { links, takes: takesOf, onProgress, signal }: Rendering): Promise<Rendered> {
  signal.throwIfAborted();
  const [first, takes] = await Promise.all([links(), takesOf?.()]);
  signal.throwIfAborted();
  const worker = new Worker(new URL("./render.worker.ts", import.meta.url), { type: "module" });
  const tell = (message: ToWorker) => worker.postMessage(message);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  try {
    return await new Promise<Rendered>((resolve, reject) => {
      stop = () => {
        tell({ do: "stop" });
        timer = setTimeout(() => reject(signal.reason), STOPPING);
      };
      signal.addEventListener("abort", stop, { once: true });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        reject(new RenderError("broken", event.message || "the worker could not start"));
      });
      worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
        switch (data.said) {
          case "progress":
            return onProgress(data);
          case "links-wanted":
            return void links({ fresh: true }).then(
              (fresh) => tell({ do: "links", links: fresh }),
              (error: unknown) => {
                const { fault, message } =
                  error instanceof RenderError ? error : new RenderError("broken", String(error));
                tell({ do: "no-links", fault, message });
              },
            );
          case "done":
            return resolve(data);
          case "failed":
            return reject(new RenderError(data.fault, data.message));
          case "stopped":
            return reject(signal.reason);
        }
      });
      if (signal.aborted) stop();
      else tell({ do: "start", job, links: first, takes });
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    worker.terminate();
  }
}
