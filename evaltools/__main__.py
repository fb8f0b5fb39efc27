"""`python -m evaltools` is the command `evaltools`."""

import sys

from evaltools.cli import main

if __name__ == "__main__":
    sys.exit(main())
