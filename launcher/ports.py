"""Ports on this machine."""

from __future__ import annotations

import socket

from launcher.console import Stop, say

HOST = "127.0.0.1"


class Ports:
    """Hands out ports, none twice, each free when it was given."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def take(self, wanted: int, *, what: str) -> int:
        """The wanted port, or the next free one, saying so. 0 means any."""
        if wanted == 0:
            return self._note(_any_free())
        for port in range(wanted, min(wanted + 100, 65536)):
            if port not in self._given and is_free(port):
                if port != wanted:
                    say(f"  Port {wanted} is taken; {what} uses {port}.")
                return self._note(port)
        raise Stop(f"No free port from {wanted} on for {what}. Name another with --port.")

    def _note(self, port: int) -> int:
        self._given.add(port)
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
