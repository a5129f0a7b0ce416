"""What PostgreSQL and its driver say, as what a person can do about it.

The driver's own text is shown only where it cannot hold a value of the data, nor anything of the
URL: that of errors about names and syntax.
"""

from __future__ import annotations

import psycopg

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, canceled, ended_by_others

_CHECK = "Check the URL, and that the server lets this machine in."
_READ_AGAIN = "Read the warehouse again with add_dataset … --replace."

# By what the server or the driver says when it refuses; there is no code in such an error.
_OPENING = (
    ("password authentication failed", "The warehouse refused the user or the password."),
    ("no password supplied", "The warehouse asks for a password, and the URL holds none."),
    ("no pg_hba.conf entry", "The warehouse does not let this user in from this machine."),
    ("permission denied for database", "The user may not connect to this database."),
    ("role ", "The warehouse knows no user of this name."),
    ("database ", "The warehouse has no database of this name."),
    ("translate host name", "The name of the warehouse's host is unknown."),
    ("resolve host", "The name of the warehouse's host is unknown."),
    ("Connection refused", "Nothing answers at the host and port of the warehouse."),
    ("No such file", "Nothing answers at the socket of the warehouse."),
    ("timeout", "The warehouse did not answer within 10 seconds."),
    ("too many", "The warehouse has no connection left. Try again later."),
    ("remaining connection slots", "The warehouse has no connection left. Try again later."),
    ("starting up", "The warehouse is starting. Try again in a moment."),
    ("SSL", "The warehouse and the URL do not agree on SSL (sslmode=…)."),
    ("certificate", "The warehouse's certificate cannot be trusted (sslmode=…, sslrootcert=…)."),
)


def opening_error(error: Exception) -> WarehouseError:
    text = str(error)
    if isinstance(error, ValueError | psycopg.ProgrammingError) or "invalid " in text:
        return WarehouseError(
            "source",
            "The URL of the warehouse cannot be read. It looks like "
            "postgresql://user:password@host:5432/database, with what is special written as %xx.",
        )
    for part, message in _OPENING:
        if part in text:
            return WarehouseError("source", f"{message} {_CHECK}")
    return WarehouseError("source", f"The warehouse cannot be reached. {_CHECK}")


def query_error(error: Exception, interruption: Interruption, *, is_late: bool) -> WarehouseError:
    if interruption.is_asked_for:
        return canceled()
    if isinstance(error, psycopg.errors.QueryCanceled):
        return interruption.timeout() if is_late else ended_by_others()
    state = getattr(error, "sqlstate", None) or ""
    if state in ("53100", "53200", "53400"):
        return WarehouseError(
            "memory", "The query needed more memory or disk than the warehouse has for it."
        )
    if state == "42501":
        return WarehouseError(
            "source", "The warehouse does not let its user read a table of this dataset: GRANT it."
        )
    if state in ("42P01", "42703", "3F000"):
        return WarehouseError(
            "source", f"A table or column of this dataset is gone: {_primary(error)}. {_READ_AGAIN}"
        )
    if state == "25006":
        return WarehouseError(
            "source",
            "A stored list becomes a temporary table, and this server takes none: it is a replica.",
        )
    if state.startswith("42"):
        return WarehouseError("query", f"The warehouse refused the query: {_primary(error)}")
    if state == "40001":
        return WarehouseError(
            "source", "The warehouse, a replica, ended the query to apply changes. Try again."
        )
    if isinstance(error, psycopg.OperationalError):
        return WarehouseError("source", "The connection to the warehouse was lost. Try again.")
    return WarehouseError("query", f"The query failed ({type(error).__name__}).")


def _primary(error: Exception) -> str:
    diagnostic = getattr(error, "diag", None)
    return (getattr(diagnostic, "message_primary", None) or type(error).__name__)[:300]
