"""Ends what the supervisor started when the supervisor itself is killed.

Reads `start PID` and `end PID` lines from its standard input. The end of the input
means the supervisor is gone; what is still noted then is ended.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable

from launcher.processes import end_all


def leaders_left(lines: Iterable[str]) -> set[int]:
    left: set[int] = set()
    for line in lines:
        verb, _, pid = line.strip().partition(" ")
        if verb == "start":
            left.add(int(pid))
        elif verb == "end":
            left.discard(int(pid))
    return left


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_all(leaders_left(sys.stdin), grace=float(sys.argv[1]))


if __name__ == "__main__":
    main()
