"""The options that say by what Braze knows the members."""

from __future__ import annotations

from typing import Any, get_args

from django.core.management.base import CommandParser

from cohorts.management.door import Refused
from cohorts.models import Dataset
from integrations.braze.identifiers import Kind
from integrations.identification import BadIdentifier, IdentifierChoice, check_identifier
from integrations.models import Connection

# Where the names of the options differ from the fields of a choice.
OPTIONS = {"kind": "identifier", "column": "id-column", "label": "alias-label"}


def add_identifier_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--identifier",
        choices=get_args(Kind),
        help="by what Braze knows the members (default: what it was, at first external_id)",
    )
    parser.add_argument(
        "--id-column",
        metavar="PROPERTY",
        help="the property of users that holds the identifier; without it the user id does",
    )
    parser.add_argument("--alias-label", metavar="LABEL", help="for --identifier alias")


def read_identifier_options(
    options: dict[str, Any], dataset: Dataset, connection: Connection
) -> dict[str, str] | None:
    """None where nothing was said."""
    given = [options["identifier"], options["id_column"], options["alias_label"]]
    if given == [None, None, None]:
        return None
    choice = IdentifierChoice(
        options["identifier"] or "external_id",
        options["id_column"] or "",
        options["alias_label"] or "",
    )
    try:
        check_identifier(choice, dataset, connection)
    except BadIdentifier as bad:
        raise Refused(f"{OPTIONS[bad.field]}: {bad.message}") from None
    return choice.to_json()
