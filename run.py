#!/usr/bin/env python3
"""One door to the product: sets it up, runs it, tests it. `python3 run.py --help` lists the verbs.

Needs nothing but Python and a network that reaches a package index.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this check is for whoever has an older Python
    sys.exit(
        f"This product needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
        "Run it with a newer one, for example: python3.11 run.py"
    )

from launcher.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
