"""The local stack's process, with faults: `python -m tests.chaos.launcher`, started by `tests.chaos.stack`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from local import gate, launcher, workarounds
from tests.chaos.faults import Faults, FaultyGate


def main() -> int:
    """Run the launcher with one more workaround and another gate."""
    folder = Path(os.environ["LOCAL_CHAOS_FOLDER"])
    faults = Faults(folder, Path(sys.argv[1]) / "run")
    FaultyGate.faults, FaultyGate.folder = faults, folder
    gate.Gate = FaultyGate  # type: ignore[misc]
    apply_all = workarounds.apply_all

    def apply_all_and_faults(context: workarounds.Context) -> None:
        apply_all(context)
        faults.check()
        faults.apply(context)

    workarounds.apply_all = apply_all_and_faults
    return launcher.main()


if __name__ == "__main__":
    sys.exit(main())
