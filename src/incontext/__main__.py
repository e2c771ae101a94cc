"""`python -m incontext` is the command `incontext`."""

import sys

from incontext.cli import main

if __name__ == "__main__":
    sys.exit(main())
