"""By what Braze is to know the members of an import: user id or a property of users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from cohorts.definitions.catalog import Catalog
from cohorts.evaluation import Prepared, stream_member_values
from cohorts.models import Dataset
from integrations.braze.identifiers import (
    ALIAS_MARK,
    DEVICE_MARK,
    MARK,
    MAX_ALIAS_PART,
    MAX_DEVICE_ID,
    MAX_EXTERNAL_ID,
    Kind,
)
from integrations.models import Connection
from integrations.planning import IdentifiedBy

# Types of properties that can hold an id.
USABLE_TYPES = ("string", "number")


class BadIdentifier(Exception):
    """The choice does not work. `field` is a field of `IdentifierChoice`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class IdentifierChoice:
    kind: Kind = "external_id"
    # A property of users; blank for the user id.
    column: str = ""
    # Of aliases.
    label: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> IdentifierChoice:
        return cls(**data)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, str]:
        """Nothing for the usual choice."""
        fields = {"kind": self.kind, "column": self.column, "label": self.label}
        return {} if self == IdentifierChoice() else {k: v for k, v in fields.items() if v}

    @property
    def mark(self) -> str:
        """What stands before a value where sets of identifiers are kept."""
        if self.kind == "alias":
            return f"{ALIAS_MARK}{self.label}{MARK}"
        return DEVICE_MARK if self.kind == "device_id" else ""

    @property
    def most_bytes(self) -> int:
        limits = {"alias": MAX_ALIAS_PART, "device_id": MAX_DEVICE_ID}
        return limits.get(self.kind, MAX_EXTERNAL_ID)


USER_ID = IdentifierChoice()


def check_identifier(choice: IdentifierChoice, dataset: Dataset, connection: Connection) -> None:
    """Raises `BadIdentifier`."""
    if choice.kind not in get_args(Kind):
        raise BadIdentifier("kind", _("Choose external id, alias or device id."))
    if choice.kind == "device_id" and connection.mode == Connection.Mode.TRACK:
        text = _("A connection with a REST API key knows users by external id or alias only.")
        raise BadIdentifier("kind", text)
    if choice.kind == "alias":
        if not choice.label.strip():
            raise BadIdentifier("label", _("An alias needs a label, as it stands in Braze."))
        if len(choice.label.encode()) > MAX_ALIAS_PART or not choice.label.isprintable():
            text = _("A label is one line of at most %d bytes.") % MAX_ALIAS_PART
            raise BadIdentifier("label", text)
    elif choice.label:
        raise BadIdentifier("label", _("Only an alias has a label."))
    if choice.column and choice.column not in usable_columns(dataset):
        text = _("“%s” is no text or number property of the users of this dataset.")
        raise BadIdentifier("column", text % choice.column)


def usable_columns(dataset: Dataset) -> list[str]:
    """Properties of users that can hold an id."""
    known = Catalog.from_json(dataset.catalog).user_properties
    return [each.name for each in known if each.type in USABLE_TYPES]


def keep_values(
    prepared: Prepared, choice: IdentifierChoice, *, as_of: datetime, path: Path
) -> Path | None:
    """The members' values of the chosen property as a Parquet file (id, value), one row a member
    that the users table knows; None where the user id is the identifier."""
    if not choice.column:
        return None
    schema = pa.schema([("id", pa.string()), ("value", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in stream_member_values(prepared, as_of=as_of, name=choice.column):
            columns = [batch.column(0).cast(pa.string()), _as_text(batch.column(1))]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return path


def _as_text(values: pa.Array) -> pa.Array:
    """Whole numbers without a point, as people write ids."""
    if not pa.types.is_floating(values.type) and not pa.types.is_decimal(values.type):
        return values.cast(pa.string())
    written = [None if each is None else _write(each) for each in values.to_pylist()]
    return pa.array(written, pa.string())


def _write(number: Any) -> str:
    return str(int(number)) if number == number // 1 else str(number)


def identified_by(choice: IdentifierChoice, values: Path | None) -> IdentifiedBy | None:
    """For the planner; None where the member's id is the identifier."""
    if choice == USER_ID:
        return None
    return IdentifiedBy(mark=choice.mark, most_bytes=choice.most_bytes, values=values)
