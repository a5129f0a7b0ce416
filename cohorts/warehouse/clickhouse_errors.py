"""What ClickHouse and its client say, as what a person can do about it.

The server's own text holds the whole query, and so values that people listed: only the first
name that it quotes is ever shown.
"""

from __future__ import annotations

import re

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, canceled, ended_by_others

_CHECK = "Check the URL, and that the server lets this machine in."
_READ_AGAIN = "Read the warehouse again with add_dataset … --replace."
_SHAPE = (
    "clickhouse://user:password@host:8443/database?secure=1, with what is special written as %xx"
)

_REFUSED = "The warehouse refused the user or the password."
_NO_DATABASE = "The warehouse has no database of this name."
_BUSY = "The warehouse has too many queries running. Try again later."
_FIXED_PROFILE = (
    "The profile of the warehouse's user does not let a query have limits of its own. Give the "
    "user readonly = 2 (or a GRANT of SELECT alone) in place of readonly = 1 or constraints."
)
_OPENING = {
    81: _NO_DATABASE,
    164: _FIXED_PROFILE,
    192: _REFUSED,
    193: _REFUSED,
    202: _BUSY,
    452: _FIXED_PROFILE,
    516: _REFUSED,
}
# By what the transport says; it has no code.
_REACHING = (
    ("readonly", _FIXED_PROFILE),
    ("Name or service not known", "The name of the warehouse's host is unknown."),
    ("resolve", "The name of the warehouse's host is unknown."),
    ("refused", "Nothing answers at the host and port of the warehouse."),
    ("timed out", "The warehouse did not answer within 10 seconds."),
    ("CERTIFICATE", "The warehouse's certificate cannot be trusted (verify=…, ca_cert=…)."),
    ("SSL", "The warehouse and the URL do not agree on TLS (secure=…)."),
)
_CODE = re.compile(r"Code: ([0-9]+)[.,]")
_NAMES = (
    re.compile(r"identifier [`']([^`']+)[`']"),
    re.compile(r"(?:Table|Database) ([^ ]+) does"),
)


def unreadable_url(unknown: list[str] | None = None) -> WarehouseError:
    reason = f" It has unknown options: {', '.join(unknown)}." if unknown else ""
    return WarehouseError(
        "source", f"The URL of the warehouse cannot be read.{reason} It looks like {_SHAPE}."
    )


def opening_error(error: Exception) -> WarehouseError:
    message = _OPENING.get(_code(error) or 0)
    if message is None:
        text = str(error)
        found = (said for part, said in _REACHING if part in text)
        message = next(found, "The warehouse cannot be reached.")
    return WarehouseError("source", f"{message} {_CHECK}" if message != _FIXED_PROFILE else message)


def query_error(
    error: Exception, tail: bytes, interruption: Interruption, memory_limit: str
) -> WarehouseError:
    """`tail` is the end of an answer that broke off."""
    if interruption.is_asked_for:
        return canceled()
    text = f"{error} {tail.decode(errors='replace')}"
    code = _code(error) or _code_in(text)
    if code in (159, 160, 209, 394, 734):
        return interruption.timeout() if interruption.is_late else ended_by_others()
    if interruption.is_late:
        return interruption.timeout()
    if code == 241:
        return WarehouseError(
            "memory",
            f"The query needed more than {memory_limit} of memory, or than the warehouse has. "
            "Narrow its time windows or raise QUERY_MEMORY_LIMIT.",
        )
    if code in (158, 191, 307, 396):
        return WarehouseError(
            "memory",
            "The query reads or finds more than the profile of the warehouse's user allows.",
        )
    if code == 243:
        return WarehouseError("memory", "The warehouse has no disk left for the query.")
    if code == 497:
        return WarehouseError(
            "source", "The warehouse does not let its user read a table of this dataset: GRANT it."
        )
    if code in (16, 47, 60, 81):
        return WarehouseError(
            "source", f"A table or column of this dataset is gone{_name(text)}. {_READ_AGAIN}"
        )
    if code in _OPENING and (code != 164 or "Cannot modify" in text):
        return WarehouseError("source", _OPENING[code])
    if code is not None:
        return WarehouseError("query", f"The warehouse refused the query (code {code}).")
    return WarehouseError("source", "The connection to the warehouse was lost. Try again.")


def _code(error: Exception) -> int | None:
    code = getattr(error, "code", None)
    return code if isinstance(code, int) else _code_in(str(error))


def _code_in(text: str) -> int | None:
    found = _CODE.search(text)
    return int(found[1]) if found else None


def _name(text: str) -> str:
    found = next(filter(None, (pattern.search(text) for pattern in _NAMES)), None)
    return f": {found[1]}" if found else ""
