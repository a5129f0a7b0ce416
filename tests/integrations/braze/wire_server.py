"""A peer that answers with exact bytes, at an exact pace, and notes what it was sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable

Play = Callable[[socket.socket, bytes], None]


class WireServer:
    """Runs `play(socket, request)` for each request; by default it reads the request whole."""

    def __init__(
        self, play: Play, *, read_bytes: int | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._play = play
        self._read_bytes = read_bytes
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> WireServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        # Closing alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._talk(self._tls.wrap_socket(peer, server_side=True) if self._tls else peer)
        peer.close()

    def _talk(self, peer: socket.socket) -> None:
        with peer:
            while request := self._read(peer):
                self.requests.append(request)
                self._play(peer, request)

    def _read(self, peer: socket.socket) -> bytes:
        data = b""
        while not self._is_enough(data):
            chunk = peer.recv(65536)
            if not chunk:
                return b""
            data += chunk
        return data

    def _is_enough(self, data: bytes) -> bool:
        if self._read_bytes is not None:
            return len(data) >= self._read_bytes
        head, end, body = data.partition(b"\r\n\r\n")
        if not end:
            return False
        lengths = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        return len(body) >= (lengths[0] if lengths else 0)


def answer(
    body: bytes = b'{"message":"success"}', status: str = "201 Created", *headers: str
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def sends(data: bytes) -> Play:
    return lambda peer, request: peer.sendall(data)


def reset(peer: socket.socket, request: bytes = b"") -> None:
    """Close so that the other side sees a reset, not an end."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def hangs_up_after(data: bytes) -> Play:
    def play(peer: socket.socket, request: bytes) -> None:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_RDWR)

    return play
