"""A ClickHouse server for tests: its HTTP interface on loopback, with chDB behind it.

    python -m tests.engines.clickhouse_server FOLDER

prints its port and serves until its standard input ends. The engine is ClickHouse's own; what is
made up is the wire alone. `FOLDER/fault` makes the next large answer break off: `cut` ends the
connection, `error` writes an error behind half of it, as a server does that fails late.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from base64 import b64decode
from contextlib import closing
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

USERS = {"default": "", "reader": "p@ss word", "fixed": ""}
# Names of parameters that are no settings.
RESERVED = {
    *("buffer_size", "client_protocol_version", "compress", "database", "decompress"),
    *(
        "default_format",
        "query",
        "query_id",
        "quota_key",
        "role",
        "session_id",
        "wait_end_of_query",
    ),
    *("enable_http_compression", "http_headers_progress_interval_ms"),
    "send_progress_in_http_headers",
}
LARGE = 100_000


class Refused(Exception):
    pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    folder: Path

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            data = self._run(given, body)
        except (Refused, RuntimeError) as error:
            self._refuse(str(error))
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-ClickHouse-Query-Id", given.get("query_id", ""))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.end_headers()
        self._send(data)

    def _send(self, data: bytes) -> None:
        fault = self.folder / "fault"
        kind = fault.read_text() if len(data) > LARGE and fault.exists() else ""
        if kind:
            fault.unlink()
            data = data[: len(data) // 2]
        if kind == "error":
            data += b"Code: 241. DB::Exception: (total) memory limit exceeded: 'secret-member'."
        for start in range(0, len(data), 65_536):
            piece = data[start : start + 65_536]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if kind == "cut":
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, text: str) -> None:
        found = re.search(r"Code: ([0-9]+)", text)
        data = text.encode()
        self.send_response(403 if "Code: 516" in text else 500)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-ClickHouse-Exception-Code", found[1] if found else "1000")
        self.end_headers()
        self.wfile.write(data)

    def _run(self, given: dict[str, str], body: bytes) -> bytes:
        user = self._user()
        form = self._form(body)
        query = given.get("query", "") + (form.pop("query", body) if form else body).decode()
        settings = {
            name: value
            for name, value in given.items()
            if (name not in RESERVED and not re.fullmatch(r".*_(format|structure|types)", name))
            or name.startswith("output_format_")
        }
        if user == "fixed" and settings:
            raise Refused("Code: 164. DB::Exception: Cannot modify setting in readonly mode.")
        # One that stays open keeps threads of its own busy.
        with closing(chdb.connect(str(self.folder / "data"))) as connection:
            return self._ask(connection, query, given, form, settings)

    def _ask(
        self,
        connection: Any,
        query: str,
        given: dict[str, str],
        form: dict[str, bytes],
        settings: dict[str, str],
    ) -> bytes:
        if "database" in given:
            connection.query(f"USE {_quoted(given['database'])}")
        self._bring(connection, given, form)
        # A name for the query by which it can be found: the engine gives it another id.
        settings["log_comment"] = given.get("query_id", "")
        if query.startswith("KILL"):
            settings.pop("readonly", None)
        changes = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
        connection.query(f"SET {changes}")
        query = query.replace("WHERE query_id =", "WHERE Settings['log_comment'] =")
        answer: bytes = connection.query(query, "TabSeparated").bytes()
        return answer

    def _user(self) -> str:
        kind, _, held = self.headers.get("Authorization", "").partition(" ")
        user, _, password = b64decode(held).decode().partition(":")
        user = user if kind == "Basic" else "default"
        if USERS.get(user) != password:
            raise Refused(f"Code: 516. DB::Exception: {user}: Authentication failed.")
        return user

    def _form(self, body: bytes) -> dict[str, bytes]:
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return {}
        message = BytesParser(policy=HTTP).parsebytes(
            f"Content-Type: {kind}\r\n\r\n".encode() + body
        )
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in message.iter_parts()
        }

    def _bring(self, connection: Any, given: dict[str, str], form: dict[str, bytes]) -> None:
        """External data: tables that live as long as the query."""
        for name, data in form.items():
            path = self.folder / f"{name}-{threading.get_ident()}"
            path.write_bytes(data)
            source = f"file({_literal(str(path))}, {given[f'{name}_format']})"
            connection.query(
                f"CREATE TEMPORARY TABLE {_quoted(name)} ({given[f'{name}_structure']})"
            )
            connection.query(f"INSERT INTO {_quoted(name)} SELECT id FROM {source}")
            path.unlink()

    def log_message(self, *_arguments: object) -> None:
        pass


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def main() -> None:
    Handler.folder = Path(sys.argv[1])
    # It lives as long as a connection does.
    engine = chdb.connect(str(Handler.folder / "data"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    engine.close()
    os._exit(0)


if __name__ == "__main__":
    main()
