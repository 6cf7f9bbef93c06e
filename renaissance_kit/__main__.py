"""``python -m renaissance_kit``: the command ``renaissance-kit``."""

import sys

from renaissance_kit.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
