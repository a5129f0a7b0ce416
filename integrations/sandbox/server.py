"""HTTP on a socket: reads a request, asks the routes, writes the answer or cuts the line."""

from __future__ import annotations

import logging
import socket
import socketserver
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations.sandbox.messages import Request, Response, error_response

logger = logging.getLogger(__name__)
MAX_BODY = 64_000_000  # above this a body is not even read; a fixture may be larger
MAX_FIXTURE = 1_000_000_000


class _BadBody(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


class Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version = "braze-sandbox"
    sys_version = ""
    timeout = 120
    wbufsize = 65536
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method is the routes' business
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        try:
            request = self._read_request()
            response = self.server.answer(request)
        except _BadBody as problem:
            self.close_connection = True
            response = error_response(problem.status, problem.message)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception:  # the outermost door: the sender gets an answer whatever went wrong
            logger.exception("The sandbox failed on a request")
            self.close_connection = True
            response = error_response(500, "The sandbox itself failed. Its output says why.")
        self._write(response)

    # -- reading ---------------------------------------------------------------

    def _read_request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        # `self.path` has lost a doubled slash; the request line still has it.
        target = self.requestline.split(" ")[1] if " " in self.requestline else self.path
        limit = MAX_FIXTURE if target == "/_sandbox/fixture" else MAX_BODY
        return Request(self.command, target, headers, self._read_body(headers, limit))

    def _read_body(self, headers: dict[str, str], limit: int) -> bytes:
        length = headers.get("content-length")
        encoding = headers.get("transfer-encoding")
        if encoding is not None:
            if length is not None or encoding.lower() != "chunked":
                raise _BadBody(400, "Send either Content-Length or Transfer-Encoding: chunked.")
            return b"".join(self._read_chunks(limit))
        if length is None:
            return b""
        if not length.isascii() or not length.isdigit():
            raise _BadBody(400, "Content-Length must be a whole number.")
        if len(length) > 12 or int(length) > limit:
            raise _BadBody(413, "Request entity too large")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionResetError("The sender left before the body was complete")
        return body

    def _read_chunks(self, limit: int) -> Iterator[bytes]:
        total = 0
        while True:
            line = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise _BadBody(400, "A chunk has no valid size.") from None
            total += size
            if size < 0 or total > limit:
                raise _BadBody(413, "Request entity too large")
            if size == 0:
                while self.rfile.readline(65537) not in (b"\r\n", b"\n", b""):
                    pass  # trailers
                return
            yield self.rfile.read(size)
            self.rfile.readline(3)

    # -- writing ---------------------------------------------------------------

    def _write(self, response: Response) -> None:
        try:
            if response.cut == "before":
                self.close_connection = True
            elif isinstance(response.body, bytes):
                self._write_whole(response, response.body)
            else:
                self._write_parts(response, response.body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _write_whole(self, response: Response, body: bytes) -> None:
        self._write_head(response, {"content-length": str(len(body))})
        if self.command == "HEAD":
            return
        if response.cut == "mid_body":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _write_parts(self, response: Response, parts: Iterator[bytes]) -> None:
        chunked = self.request_version != "HTTP/1.0"
        if not chunked:
            self.close_connection = True
        self._write_head(response, {"transfer-encoding": "chunked"} if chunked else {})
        if self.command == "HEAD":
            return
        for part in parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _write_head(self, response: Response, extra: dict[str, str]) -> None:
        self.send_response(response.status)
        for name, value in {**response.headers, **extra}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """The request log has it already, without keys."""


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Response]) -> None:
        self.answer = answer
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for this machine's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("A connection ended early", exc_info=True)
