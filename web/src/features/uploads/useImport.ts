import { useRef, useState } from "react";
import { useApi } from "@/api/context";
import { readKnown } from "./duplicates";
import type { Gathered } from "./folder";
import { importFiles, NOTHING, type Refusal, type Report, type Wishes } from "./importing";
import type { Queue } from "./queue";

/** Takes in files, and tells what has become of them. What is brought while others are looked at adds up. */
export function useImport(queue: Queue | null, wishes: Wishes) {
  const api = useApi();
  const [reports, setReports] = useState<ReadonlyMap<number, Report>>(new Map());
  const rounds = useRef(0);
  const busy = (all: ReadonlyMap<number, Report>) => new Map([...all].filter(([, { checking }]) => checking > 0));

  async function take(gathered: Gathered | Promise<Gathered>, wholeFolder = false): Promise<void> {
    if (!queue) return;
    const round = ++rounds.current;
    const onReport = (report: Report) => setReports((all) => new Map(all).set(round, report));
    setReports(busy); // earlier messages have been read
    await importFiles(await gathered, wholeFolder, wishes, { queue, readKnown: () => readKnown(api), onReport });
  }

  const report = [...reports.values()].reduce(together, NOTHING);
  return {
    report,
    take,
    refuse: (refusal: Refusal) => setReports(new Map([[++rounds.current, { ...NOTHING, refusals: [refusal] }]])),
    close: () => setReports(busy),
    /** Add what was left out as known, once all has been looked at. */
    async addKnown() {
      setReports((all) => new Map([...all].map(([round, one]) => [round, { ...one, known: [] }])));
      await queue?.add(report.known);
    },
  };
}

function together(a: Report, b: Report): Report {
  return {
    checking: a.checking + b.checking,
    added: a.added + b.added,
    refusals: [...a.refusals, ...b.refusals],
    skipped: [...a.skipped, ...b.skipped],
    known: [...a.known, ...b.known],
  };
}
