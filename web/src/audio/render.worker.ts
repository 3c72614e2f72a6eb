/** The worker that renders: the page stays smooth while samples are added up. One rendering a worker. */
import type { RenderFault } from "./render-fetch";
import { RenderError } from "./render-fetch";
import { type Job, render } from "./render";
import { openStore } from "./render-store";
import { stretch } from "./render-stretch";

export type FileLinks = Record<string, string>;

export type ToWorker =
  | { do: "start"; job: Job; links: FileLinks; takes?: Readonly<Record<string, Blob>> }
  | { do: "links"; links: FileLinks }
  | { do: "no-links"; fault: RenderFault; message: string }
  | { do: "stop" };

export type FromWorker =
  | { said: "progress"; fraction: number; waiting: boolean }
  | { said: "links-wanted" }
  | { said: "done"; file: Blob; loweredDb: number }
  | { said: "failed"; fault: RenderFault; message: string }
  | { said: "stopped" };

const say = (message: FromWorker) => postMessage(message);
const stop = new AbortController();
let links: FileLinks = {};
let wanted: { promise: Promise<void>; resolve(): void; reject(error: RenderError): void } | null = null;

/** All files wait for the same fresh links. */
function freshLinks(): Promise<void> {
  if (!wanted) {
    let [resolve, reject]: [() => void, (error: RenderError) => void] = [() => {}, () => {}];
    const promise = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
    wanted = { promise, resolve, reject };
    say({ said: "links-wanted" });
  }
  return wanted.promise;
}

async function linkTo(file: string, refused?: string): Promise<string> {
  if (refused !== undefined && links[file] === refused) await freshLinks();
  const link = links[file];
  if (!link) throw new RenderError("missing", `no link to ${file}`);
  return link;
}

async function start(job: Job, takes?: Readonly<Record<string, Blob>>): Promise<void> {
  let [fraction, waiting, lastReport] = [0, false, -Infinity];
  const report = (force: boolean) => {
    // A few times a second is what a bar can show.
    if (!force && performance.now() - lastReport < 200) return;
    lastReport = performance.now();
    say({ said: "progress", fraction, waiting });
  };
  const store = await openStore();
  try {
    const { loweredDb } = await render(job, {
      fetching: {
        links: linkTo,
        signal: stop.signal,
        onWaiting(now) {
          waiting = now;
          report(true);
        },
      },
      store,
      takes,
      stretch,
      onProgress(now) {
        fraction = now;
        report(false);
      },
    });
    stop.signal.throwIfAborted();
    say({ said: "done", file: await store.finish(), loweredDb });
  } catch (error) {
    await store.discard();
    if (stop.signal.aborted) say({ said: "stopped" });
    else if (error instanceof RenderError) say({ said: "failed", fault: error.fault, message: error.message });
    else say({ said: "failed", fault: "broken", message: String(error) });
  }
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.do) {
    case "start":
      links = data.links;
      void start(data.job, data.takes);
      return;
    case "links":
      links = data.links;
      wanted?.resolve();
      wanted = null;
      return;
    case "no-links":
      wanted?.reject(new RenderError(data.fault, data.message));
      wanted = null;
      return;
    case "stop":
      stop.abort();
  }
});
