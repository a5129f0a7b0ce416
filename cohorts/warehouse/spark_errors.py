"""What Spark and its client say, as what a person can do about it.

The server's own text holds the plan of the query, and so values that people listed: only the
name of an error and the name of a table or column are ever shown.
"""

from __future__ import annotations

from typing import Any

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, canceled, ended_by_others

_CHECK = "Check the URL, and that the server lets this machine in."
_READ_AGAIN = "Read the warehouse again with add_dataset … --replace."
# By what the transport says.
_REACHING = (
    ("not known", "The name of the warehouse's host is unknown."),
    ("refused", "Nothing answers at the host and port of the warehouse."),
    ("timed out", "The warehouse did not answer within 10 seconds."),
    ("UNAUTHENTICATED", "The warehouse refused the token (;token=…)."),
    ("PERMISSION_DENIED", "The warehouse refused the token (;token=…)."),
    ("SSL", "The warehouse and the URL do not agree on TLS (;use_ssl=true)."),
    ("UNAVAILABLE", "The warehouse does not answer as Spark Connect does."),
    ("RETRIES_EXCEEDED", "The warehouse does not answer as Spark Connect does."),
    ("CANNOT_MODIFY", "The warehouse does not let a session have the time zone UTC."),
)
_GONE = ("TABLE_OR_VIEW_NOT_FOUND", "UNRESOLVED_COLUMN", "SCHEMA_NOT_FOUND", "FIELD_NOT_FOUND")
_NAMES = ("relationName", "objectName", "schemaName", "fieldName")


def unreadable_url() -> WarehouseError:
    return WarehouseError(
        "source",
        "The URL of the warehouse cannot be read. It looks like "
        "sc://host:15002/;use_ssl=true;token=…, with what is special written as %xx.",
    )


def opening_error(error: Exception) -> WarehouseError:
    text = f"{_condition(error)} {error}"
    if "INVALID_CONNECT_URL" in text:
        return unreadable_url()
    found = (said for part, said in _REACHING if part in text)
    message = next(found, "The warehouse cannot be reached.")
    return WarehouseError("source", f"{message} {_CHECK}")


def query_error(error: Exception, interruption: Interruption) -> WarehouseError:
    if interruption.is_asked_for:
        return canceled()
    if interruption.is_late:
        return interruption.timeout()
    condition, text = _condition(error), str(error)
    if "OPERATION_CANCELED" in condition or "OPERATION_CANCELED" in text:
        return ended_by_others()
    if "OutOfMemory" in text or "maxResultSize" in text or "ACQUIRE_MEMORY" in condition:
        return WarehouseError(
            "memory",
            "The query needed more memory than the warehouse has for it. Narrow its time windows "
            "or give the cluster more (spark.executor.memory, spark.driver.maxResultSize).",
        )
    if condition.startswith(_GONE):
        return WarehouseError(
            "source", f"A table or column of this dataset is gone{_name(error)}. {_READ_AGAIN}"
        )
    if "PERMISSION" in condition or "UNAUTHORIZED" in condition:
        return WarehouseError(
            "source", "The warehouse does not let its user read a table of this dataset: GRANT it."
        )
    if "SESSION_CLOSED" in condition or "SESSION_NOT_FOUND" in condition:
        return WarehouseError("source", "The connection to the warehouse was lost. Try again.")
    if condition and condition != "RETRIES_EXCEEDED" and "INVALID_HANDLE" not in condition:
        return WarehouseError("query", f"The warehouse refused the query ({condition}).")
    if _is_transport(error):
        return WarehouseError("source", "The connection to the warehouse was lost. Try again.")
    return WarehouseError("query", f"The query failed ({type(error).__name__}).")


def _condition(error: Any) -> str:
    ask = getattr(error, "getCondition", None)
    return str(ask() or "") if ask is not None else ""


def _name(error: Any) -> str:
    ask = getattr(error, "getMessageParameters", None)
    given = (ask() if ask is not None else None) or {}
    named = next((given[name] for name in _NAMES if given.get(name)), "")
    return f": {named.replace('`', '')}" if named else ""


def _is_transport(error: Exception) -> bool:
    return any(part in str(error) for part in ("UNAVAILABLE", "RETRIES_EXCEEDED", "Connection"))
