"""`python -m tests.chaos [--only TEXT]`: run every case, then switch off each protection once.

Writes bench/results/chaos.json."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.chaos.protections import PROTECTIONS, red_without
from tests.chaos.run import CASES, CONTROL, Result, run_case
from tests.chaos.world import World

REPORT = Path(__file__).resolve().parents[2] / "bench" / "results" / "chaos.json"


def main() -> int:
    """Run them; 1 when a fault did harm, or a protection is not missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--only", default="", help="cases whose id matches this; the others keep what the report says"
    )
    parser.add_argument("--no-protections", action="store_true", help="the cases only")
    parser.add_argument(
        "--no-cases", action="store_true", help="the protections only; with --only: those of its cases"
    )
    options = parser.parse_args()
    wanted = [one for one in CASES.values() if re.search(options.only, one.id) and not options.no_cases]
    whole = not (options.only or options.no_cases or options.no_protections)
    earlier = {} if whole else read_report()
    results: list[Result] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="unplugd-chaos-") as folder:
        world = World(Path(folder))
        try:
            control = run_case(world, CONTROL)
            if not control.ok:
                sys.exit(f"a song without any fault does not come through: {control.findings.all}")
            for one in wanted:
                results.append(_reported(run_case(world, one)))
                keep(summary(results, [], earlier))  # so that a run that is broken off has not been in vain
            missed = [] if options.no_protections else _without(world, options.only)
        finally:
            world.close()
    report = summary(
        results, missed, read_report() if options.only or options.no_cases or options.no_protections else {}
    )
    print(
        f"\n{report['faults']} faults, {report['survived']} survived, {report['lost']} lost, {report['twice']} twice"
    )
    print(f"{time.monotonic() - began:.0f} s")
    keep(report)
    return 0 if all(r.ok for r in results) and all(found["red_without"] for found in missed) else 1


def _reported(result: Result) -> Result:
    mark = "ok  " if result.ok else "FAIL"
    print(f"{mark} {result.case.id:<34} {result.seconds:5.1f} s  {result.case.where}", flush=True)
    for sentence in result.findings.all:
        print(f"       {sentence}")
    return result


def _without(world: World, only: str) -> list[dict[str, Any]]:
    print("\nprotections, each switched off: its case must turn red")
    found = []
    for protection in PROTECTIONS:
        if not re.search(only, protection.case):
            continue
        result = red_without(world, protection)
        found.append({"name": protection.name, "case": protection.case, "red_without": not result.ok})
        why = result.findings.all[0][:100] if result.findings.all else "no finding"
        print(
            f"{'red  ' if not result.ok else 'GREEN'} {protection.name:<22} {protection.case:<28} {why}",
            flush=True,
        )
    return found


def keep(report: dict[str, Any]) -> None:
    """Write bench/results/chaos.json."""
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def read_report() -> dict[str, Any]:
    """What earlier runs wrote down."""
    report: dict[str, Any] = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    return report


def summary(results: list[Result], missed: list[dict[str, Any]], earlier: dict[str, Any]) -> dict[str, Any]:
    """What bench/results/chaos.json holds: these results, and of `earlier` what was not run again."""
    cases = {one["id"]: one for one in earlier.get("cases", []) if one["id"] in CASES}
    for r in results:
        harm = {"lost": bool(r.findings.lost), "twice": bool(r.findings.twice)}
        cases[r.case.id] = {"id": r.case.id, "where": r.case.where, "ok": r.ok, **harm}
    protections = {one["name"]: one for one in [*earlier.get("protections", []), *missed]}
    return {
        "faults": len(cases),
        "survived": sum(one["ok"] for one in cases.values()),
        "lost": sum(one["lost"] for one in cases.values()),
        "twice": sum(one["twice"] for one in cases.values()),
        "cases": [cases[name] for name in CASES if name in cases],
        "protections": list(protections.values()),
    }


if __name__ == "__main__":
    sys.exit(main())
