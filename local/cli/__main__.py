"""`python -m local.cli`: the `unplugd` command where it is not installed."""

import sys

from local.cli.arguments import main

if __name__ == "__main__":
    sys.exit(main())
