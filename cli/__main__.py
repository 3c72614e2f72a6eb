"""`python -m cli`: the `unplugd` command where it is not installed."""

import sys

from cli.arguments import main

if __name__ == "__main__":
    sys.exit(main())
