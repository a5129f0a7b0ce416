"""Spark as a warehouse, over Spark Connect: a session of its own in UTC, stopped by interrupt."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from cohorts.warehouse.arrow_answer import cut, read_rows
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, missing_list
from cohorts.warehouse.packages import missing_package
from cohorts.warehouse.spark_errors import opening_error, query_error, unreadable_url

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

PORT = 15002
_CONNECT_TIMEOUT = 10
_CANCEL_EVERY = 0.3
_OLDEST = 4
# The client's loggers write whole queries, with the values that people listed.
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark")
# As the dialect expects them.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
}


class Spark:
    """Spark knows no limit of memory, threads or time for one query: the cluster's own hold, and
    this side interrupts the query when its time is up. Should this side end, the server drops
    the query after some minutes by itself."""

    dialect = "spark"

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
        self._lists = lists or {}
        self._session: SparkSession | None = None

    def __enter__(self) -> Self:
        _find_server(self._url)
        try:
            from grpc import RpcError
            from pyspark.errors import PySparkException
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
        except ImportError:
            raise missing_package("Spark", "pyspark-client") from None
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            self._session = SparkSession.builder.remote(self._url).create()
            # Otherwise it would go on trying for ten minutes.
            self._session.client.set_retry_policies([DefaultPolicy(max_retries=4)])
            if int(self._session.version.split(".")[0]) < _OLDEST:
                raise WarehouseError("source", "The warehouse must be Spark 4.0 or later.")
            for name, value in _SETTINGS.items():
                self._session.conf.set(name, value)
            for name, path in self._lists.items():
                _bring_list(self._session, name, path)
        except WarehouseError:
            self.close()
            raise
        except (PySparkException, RpcError, OSError, ValueError) as error:
            self.close()
            raise opening_error(error) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            # What the server keeps for it, it drops by itself after an hour.
            with suppress(Exception):
                session.client.release_session()
            session.client.close()

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

    def columns_of(self, path: tuple[str, ...]) -> list[tuple[str, str]]:
        """Names and types of a table's columns, as `struct<…>` spells them."""
        name = ".".join(f"`{part.replace('`', '``')}`" for part in path)
        with self._limited() as session:
            return [
                (each.name, each.dataType.simpleString()) for each in session.table(name).schema
            ]

    @contextmanager
    def _answering(self, sql: str) -> Iterator[Iterator[pa.RecordBatch]]:
        checked = _checked(sql)
        with self._limited() as session:
            yield _batches(session, checked)

    @contextmanager
    def _limited(self) -> Iterator[SparkSession]:
        """Run a query under the time limit; every error leaves as a `WarehouseError`."""
        from grpc import RpcError
        from pyspark.errors import PySparkException

        session = self._session
        if session is None:
            raise WarehouseError("query", "The dataset is not open.")

        def stop() -> None:
            # Nothing else runs in this session.
            with suppress(PySparkException, RpcError):
                session.interruptAll()

        with self._interruption.watching(stop, every=_CANCEL_EVERY):
            try:
                yield session
            except (PySparkException, RpcError, pa.ArrowException) as error:
                raise query_error(error, self._interruption) from None


def _batches(session: SparkSession, sql: str) -> Iterator[pa.RecordBatch]:
    """The client's public ways to read an answer hold all of it, or make an object of each row."""
    frame = session.sql(sql)
    plan = frame._plan.to_proto(session.client)
    for part in session.client.to_table_as_iterator(plan, {}):
        if isinstance(part, pa.Table):
            yield from part.to_batches()


def _find_server(url: str) -> None:
    """Ask whether anybody is there: the client would try for minutes."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        raise unreadable_url() from None
    if not host or parts.username is not None or parts.query:
        raise unreadable_url()
    try:
        socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT).close()
    except OSError as error:
        raise opening_error(error) from None


def _bring_list(session: SparkSession, name: str, path: Path) -> None:
    from pyspark.sql.types import StructType

    try:
        held = pq.read_table(path, columns=["id"])
    except (OSError, pa.ArrowException):
        raise missing_list() from None
    # Of a table without rows the client does not read the columns.
    schema = StructType().add("id", "string")
    session.createDataFrame(held, schema).createOrReplaceTempView(name)


def _checked(sql: str) -> str:
    """A session of Spark Connect cannot be made read-only: what is no question is not asked."""
    if not re.match(r"\s*(SELECT|WITH|SHOW)\b", sql, re.IGNORECASE):
        raise WarehouseError("query", "Only questions are put to a warehouse.")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise WarehouseError(
            "query", "Spark cannot be asked for a text that holds half of a surrogate pair."
        ) from None
    return sql
