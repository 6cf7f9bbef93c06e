"""``python -m renaissance_kit``: the command; see `renaissance_kit.cli.batch`."""

import sys

from renaissance_kit.cli.batch import main

if __name__ == "__main__":
    sys.exit(main())
