"""ClickHouse as a warehouse, over HTTP: read-only, within limits, stopped by KILL QUERY."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from cohorts.warehouse.arrow_answer import ArrowAnswer, cut, read_rows
from cohorts.warehouse.clickhouse_errors import opening_error, query_error, unreadable_url
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, missing_list
from cohorts.warehouse.packages import missing_package
from cohorts.warehouse.sizes import bytes_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.external import ExternalData

OLDEST = (24, 8)
_CONNECT_TIMEOUT = 10
_CANCEL_EVERY = 0.2
# The server's own limit ends a query first; where it is gone, waiting for it ends then.
_GRACE = 30
# What a URL may say beside the place: as the client calls it.
_OPTIONS = {
    "secure": "secure",
    "verify": "verify",
    "ca_cert": "ca_cert",
    "client_cert": "client_cert",
    "client_cert_key": "client_cert_key",
    "server_host_name": "server_host_name",
}

# A profile of the user may say otherwise; each of these could leave members out of an answer.
_WHOLE_ANSWERS = {
    f"{kind}_overflow_mode": "throw"
    for kind in (
        *("distinct", "group_by", "join", "read", "result", "set", "sort", "timeout", "transfer"),
    )
} | {"limit": 0, "offset": 0, "skip_unavailable_shards": 0, "use_query_cache": 0}
# As the dialect expects them, whatever the profile says.
_READING = {
    "cast_keep_nullable": 0,
    "enable_positional_arguments": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "output_format_arrow_string_as_string": 1,
    "output_format_json_quote_64bit_integers": 0,
    "precise_float_parsing": 1,
    # A definition may list thousands of ids.
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 10_000_000,
    "max_query_size": 100_000_000,
}


class ClickHouse:
    """Each query sees the tables as they are when it begins, and carries its limits and the
    stored lists, so that any server behind one address may answer it."""

    dialect = "clickhouse"

    def __init__(
        self,
        url: str,
        *,
        time_limit: float,
        memory_limit: str = "2GB",
        threads: int = 2,
        lists: Mapping[str, Path] | None = None,
    ) -> None:
        self._url = url
        self._interruption = Interruption(time_limit)
        self._memory_limit = memory_limit
        self._settings = {
            # Reads, and settings for the limits; tables of the query itself are not a change.
            "readonly": 2,
            "max_execution_time": time_limit,
            "max_memory_usage": bytes_of(memory_limit),
            "max_threads": threads,
            # Should the connection break, nobody waits for the answer.
            "cancel_http_readonly_queries_on_client_close": 1,
            **_WHOLE_ANSWERS,
            **_READING,
        }
        self._lists = lists or {}
        self._client: Client | None = None
        self._listed: ExternalData | None = None

    def __enter__(self) -> Self:
        try:
            import clickhouse_connect
            from clickhouse_connect.driver.exceptions import ClickHouseError
            from urllib3.exceptions import HTTPError
        except ImportError:
            raise missing_package("ClickHouse", "clickhouse-connect") from None
        # Its lines may hold a query, and so what people listed.
        logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL + 1)
        given = _read_url(self._url)
        self._listed = _read_lists(self._lists)
        try:
            self._client = clickhouse_connect.get_client(
                **given,
                settings=self._settings,
                query_retries=0,
                connect_timeout=_CONNECT_TIMEOUT,
                send_receive_timeout=self._interruption.time_limit + _GRACE,
                # Queries at one time: one runs, another stops it.
                autogenerate_session_id=False,
                dedicated_pool=True,
                client_name="cohorts",
                # A long query does not fit in a URL beside the lists.
                form_encode_query_params=bool(self._lists),
            )
        except (ClickHouseError, HTTPError, OSError, ValueError) as error:
            raise opening_error(error) from None
        version = tuple(int(part) for part in self._client.server_version.split(".")[:2])
        if version < OLDEST:
            self.close()
            raise WarehouseError("source", "The warehouse must be ClickHouse 24.8 or later.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def interrupt(self) -> None:
        """Stop what is running, or what would start next. May be called from any thread."""
        self._interruption.interrupt()

    def batches(self, sql: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        with self._answering(sql) as answer:
            for batch in answer:
                yield from cut(batch, rows)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._answering(sql) as answer:
            return read_rows(answer)

    @contextmanager
    def _answering(self, sql: str) -> Iterator[Iterator[pa.RecordBatch]]:
        """Run a query under the limits; every error leaves as a `WarehouseError`."""
        from clickhouse_connect.driver.exceptions import ClickHouseError
        from urllib3.exceptions import HTTPError

        client = self._client
        if client is None:
            raise WarehouseError("query", "The dataset is not open.")
        query_id = f"cohorts-{secrets.token_hex(16)}"

        def stop() -> None:
            # Where that is not allowed or fails, the server's own limit ends the query.
            with suppress(ClickHouseError, HTTPError, OSError):
                client.command(f"KILL QUERY WHERE query_id = '{query_id}' ASYNC")

        tail = b""
        with self._interruption.watching(stop, every=_CANCEL_EVERY):
            try:
                response = client.raw_stream(
                    _checked(sql),
                    fmt="ArrowStream",
                    settings={"query_id": query_id},
                    external_data=self._listed,
                )
                with ArrowAnswer(response) as answer:
                    try:
                        yield answer.batches()
                    except (pa.ArrowException, OSError):
                        tail = answer.read_tail()
                        raise
            except (ClickHouseError, HTTPError, pa.ArrowException, OSError) as error:
                raise query_error(error, tail, self._interruption, self._memory_limit) from None


def _read_url(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise unreadable_url() from None
    unknown = sorted(set(options) - set(_OPTIONS))
    if not host or unknown or parts.path.count("/") > 1:
        raise unreadable_url(unknown)
    secure = parts.scheme == "clickhouses" or _is_yes(options.pop("secure", ""))
    given = {_OPTIONS[name]: value for name, value in options.items()}
    return given | {
        "interface": "https" if secure else "http",
        "host": host,
        "port": port or (8443 if secure else 8123),
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")) or "default",
    }


def _is_yes(text: str) -> bool:
    return text.lower() in ("1", "true", "yes", "on")


def _read_lists(lists: Mapping[str, Path]) -> ExternalData | None:
    """The stored lists, each as a table that the query brings along."""
    from clickhouse_connect.driver.external import ExternalData

    if not lists:
        return None
    data = ExternalData()
    for name, path in lists.items():
        try:
            held = pq.read_table(path, columns=["id"])
        except (OSError, pa.ArrowException):
            raise missing_list() from None
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, held.schema) as writer:
            writer.write_table(held)
        data.add_file(
            file_name=name,
            data=sink.getvalue().to_pybytes(),
            fmt="ArrowStream",
            structure="id String",
        )
    return data


def _checked(sql: str) -> str:
    """The protocol is UTF-8, and the server's parser ends a query at NUL."""
    try:
        is_sayable = "\0" not in sql and bool(sql.encode())
    except UnicodeEncodeError:
        is_sayable = False
    if not is_sayable:
        raise WarehouseError(
            "query",
            "ClickHouse cannot be asked for a text that holds the character NUL "
            "or half of a surrogate pair.",
        )
    return sql
