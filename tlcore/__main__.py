"""`python -m tlcore`."""

import sys

from tlcore.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
