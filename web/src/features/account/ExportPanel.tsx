import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { useApi } from "@/api/context";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import css from "./Account.module.css";
import { chooseTarget, download } from "./targets";
import { listing, type Missed, readHoldings, type Step, takeOut } from "./takeout";

type Stage =
  | { name: "idle" }
  | { name: "reading" }
  | { name: "saving"; step: Step }
  | { name: "done"; missed: Missed[] }
  | { name: "failed"; message: string };

/** Everything the service holds of somebody, for taking away. */
export function ExportPanel() {
  const api = useApi();
  const [stage, setStage] = useState<Stage>({ name: "idle" });
  const running = useRef<AbortController>(null);
  // Leaving the page stops it: it could not be seen or cancelled any more.
  useEffect(() => () => running.current?.abort(), []);

  async function run(work: (signal: AbortSignal) => Promise<Stage>) {
    const mine = new AbortController();
    running.current = mine;
    setStage({ name: "reading" });
    try {
      setStage(await work(mine.signal));
    } catch (error) {
      if (mine.signal.aborted) return setStage({ name: "idle" });
      if (error instanceof Problem) return setStage({ name: "failed", message: error.message });
      setStage({ name: "failed", message: "Something went wrong on this page. Load it again, then try once more." });
      throw error;
    }
  }

  const everything = () =>
    void run(async (signal) => {
      // The browser asks for the folder only right behind a click, so this comes first.
      const target = await chooseTarget();
      if (!target) return { name: "idle" };
      return { name: "done", missed: await takeOut(api, target, signal, (step) => setStage({ name: "saving", step })) };
    });

  const list = () =>
    void run(async (signal) => {
      const text = listing(await readHoldings(api, signal));
      download(new Blob([text], { type: "application/json" }), "unplugd.json");
      return { name: "idle" };
    });

  const busy = stage.name === "reading" || stage.name === "saving";
  return (
    <section className={css.panel} aria-labelledby="export-title">
      <h2 id="export-title">Download all my data</h2>
      <p>
        Every song with its stems, words and details, and every take, as plain files. The list alone is a JSON file
        whose links work for a quarter of an hour.
      </p>
      {busy ? (
        <div className={css.running}>
          <Progress
            label="Download all my data"
            value={stage.name === "saving" && stage.step.of ? (100 * stage.step.done) / stage.step.of : null}
          />
          <p className={css.step}>
            {stage.name === "saving"
              ? `File ${stage.step.done + 1} of ${stage.step.of}: ${stage.step.path}`
              : "Looking at what is there …"}
          </p>
          <p className="visually-hidden" role="status">
            Downloading. Keep this page open.
          </p>
          <Button onClick={() => running.current?.abort()}>Cancel</Button>
        </div>
      ) : (
        <div className={css.actions}>
          <Button kind="primary" onClick={everything}>
            <Download size={18} /> Download everything
          </Button>
          <Button onClick={list}>Only the list</Button>
        </div>
      )}
      {stage.name === "failed" && <Notice tone="error">{stage.message}</Notice>}
      {stage.name === "done" && <Done missed={stage.missed} />}
    </section>
  );
}

function Done({ missed }: { missed: Missed[] }) {
  return (
    <div role="status" className={css.running}>
      <Notice>
        {missed.length ? "Downloaded, except the files below. Open them one by one." : "Everything is downloaded."}
      </Notice>
      {missed.length > 0 && (
        <ul className={css.missed}>
          {missed.map(({ path, url }) => (
            <li key={path}>
              <a href={url} target="_blank" rel="noreferrer">
                {path}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
