import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useApi } from "@/api/context";
import { practiceCalls, practiceKeys, type SheetImport } from "@/api/practice";
import { Button } from "@/components/Button";
import { download } from "@/lib/download";
import css from "./Stats.module.css";
import { parts, wholeSheet } from "./sheet";
import { count } from "./words";

/** The answers as a file, out and in. */
export function Sheet() {
  const api = useApi();
  const queries = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState<"out" | "in" | null>(null);
  const [said, setSaid] = useState("");
  const [result, setResult] = useState<SheetImport | null>(null);

  async function run(what: "out" | "in", work: () => Promise<string>) {
    setBusy(what);
    setResult(null);
    setSaid("");
    setSaid(await work().catch((error: Error) => error.message));
    setBusy(null);
  }
  const exportAll = () =>
    run("out", async () => {
      const csv = await wholeSheet((cursor) => practiceCalls.sheet(api, cursor));
      download(new Blob([csv]), "unplugd-practice.csv");
      return "Saved as unplugd-practice.csv.";
    });
  const importAll = (chosen: File) =>
    run("in", async () => {
      const total: SheetImport = { imported: 0, known: 0, ofOtherSongs: 0, refused: [] };
      for (const { csv, before } of parts(await chosen.text())) {
        const one = await practiceCalls.importSheet(api, csv);
        total.imported += one.imported;
        total.known += one.known;
        total.ofOtherSongs += one.ofOtherSongs;
        total.refused.push(...one.refused.map(({ line, problem }) => ({ line: line + before, problem })));
        setResult({ ...total });
      }
      void queries.invalidateQueries({ queryKey: practiceKeys.stats });
      return `${count(total.imported, "answer")} taken.`;
    });

  return (
    <section className={css.plot}>
      <h2>Your answers as a file</h2>
      <p>A CSV with the columns of Anki&apos;s review log. What is there already is not taken twice.</p>
      <div className={css.row}>
        <Button busy={busy === "out"} onClick={() => void exportAll()}>
          Save as CSV
        </Button>
        <Button busy={busy === "in"} onClick={() => file.current?.click()}>
          Take from a CSV…
        </Button>
        <input
          ref={file}
          type="file"
          accept=".csv,text/csv"
          hidden
          onChange={({ target }) => {
            const chosen = target.files?.[0];
            target.value = "";
            if (chosen) void importAll(chosen);
          }}
        />
      </div>
      <div role="status">
        {said && <p>{said}</p>}
        {result && result.known > 0 && <p>{count(result.known, "answer was", "answers were")} known already.</p>}
        {result && result.ofOtherSongs > 0 && (
          <p>{count(result.ofOtherSongs, "answer is", "answers are")} of songs that are not in your library.</p>
        )}
        {result && result.refused.length > 0 && (
          <ul>
            {result.refused.slice(0, 20).map(({ line, problem }) => (
              <li key={line}>
                Line {line}: {problem}
              </li>
            ))}
            {result.refused.length > 20 && <li>… and {result.refused.length - 20} more</li>}
          </ul>
        )}
      </div>
    </section>
  );
}
