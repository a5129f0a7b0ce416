"""Sockets with an end: connections that a call can cut off at its deadline, wherever it is.

Time-outs of the libraries bound one read or write, never the whole call: a peer that sends a
byte now and then holds them for ever. Here a timer shuts the socket down, which ends any read,
write or TLS handshake on it at once.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from contextvars import ContextVar
from typing import Any, Literal

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

Phase = Literal["resolve", "connect", "handshake", "exchange"]


class Call:
    """One POST: how far it got, and when it has to be over."""

    def __init__(self, *, connect_timeout: float, deadline: float) -> None:
        self.phase: Phase = "resolve"
        # True from the moment a byte of the request may have left.
        self.sent = False
        self.expired = False
        self._started = time.monotonic()
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(deadline, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Call:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._timer.cancel()
        self.watch(None)
        _current.reset(self._token)

    def watch(self, handle: socket.socket | None) -> None:
        with self._lock:
            self._socket = handle
            if handle is not None and self.expired:
                raise TimeoutError("the call is over")

    @property
    def is_over(self) -> bool:
        """A socket's own time-out can come a moment before the timer."""
        return self.expired or time.monotonic() >= self._started + self._deadline

    def remaining(self) -> float:
        return max(0.001, self._started + self._deadline - time.monotonic())

    def connect_budget(self) -> float:
        return min(self._connect_timeout, self.remaining())

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


_current: ContextVar[Call] = ContextVar("braze_call")


class _Watched(HTTPConnection):
    # A second descriptor of the socket. During a handshake the first one belongs to OpenSSL,
    # and `SSLSocket.shutdown` would pull the TLS state from under the reading thread.
    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        call = _current.get()
        try:
            sock = _connect(self._dns_host, self.port or self.default_port, call)
        except OSError:
            # Without the cause: only the phase is told on.
            raise NewConnectionError(self, "no connection") from None
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        self._drop_handle()
        self._handle = sock.dup()
        call.phase = "handshake"
        call.watch(self._handle)
        sock.settimeout(call.remaining())
        return sock

    def send(self, data: Any) -> None:
        call = _current.get()
        if self.sock is None:
            self.connect()
        call.watch(self._handle)
        call.phase = "exchange"
        call.sent = True
        # A connection kept from an earlier call still has that call's time-out.
        self.sock.settimeout(call.remaining())
        super().send(data)

    def close(self) -> None:
        self._drop_handle()
        super().close()

    def _drop_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            if (call := _current.get(None)) is not None:
                call.watch(None)
            handle.close()


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class WatchedAdapter(HTTPAdapter):
    """Requests' adapter over watched connections. It never repeats a request by itself."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


def _connect(host: str, port: int, call: Call) -> socket.socket:
    """The first address that answers. A dead one leaves the others their share of the time."""
    addresses = _resolve(host, port, call.connect_budget())
    call.phase = "connect"
    ends = time.monotonic() + call.connect_budget()
    failure: OSError = OSError("no address")
    for place, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(max(0.001, (ends - time.monotonic()) / (len(addresses) - place)))
        try:
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        else:
            return sock
    raise failure


def _resolve(host: str, port: int, timeout: float) -> list[Any]:
    """`getaddrinfo` knows no time-out of its own, so it runs aside and may be left behind."""
    answers: queue.Queue[list[Any] | OSError] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("name resolution took too long") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
