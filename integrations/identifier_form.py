"""By what Braze knows the members: the part of the dialog that its preview follows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Dataset
from integrations.identification import (
    BadIdentifier,
    IdentifierChoice,
    check_identifier,
    usable_columns,
)
from integrations.models import Connection
from integrations.recurrence_form import Option

KINDS = [
    ("external_id", gettext_lazy("External id")),
    ("alias", gettext_lazy("Alias")),
    ("device_id", gettext_lazy("Device id (anonymous users only)")),
]
# Where the fields of a choice stand in the form.
FIELDS = {"kind": "identifier", "column": "id_column", "label": "alias_label"}


class IdentifierFields(forms.Form):
    identifier = forms.ChoiceField(label=gettext_lazy("Identifier"), choices=KINDS, required=False)
    id_column = forms.CharField(label=gettext_lazy("Read from"), required=False)
    alias_label = forms.CharField(label=gettext_lazy("Alias label"), required=False)

    dataset: Dataset

    @property
    def identifier_options(self) -> list[Option]:
        chosen = self["identifier"].value() or "external_id"
        return [Option(kind, name, kind == chosen) for kind, name in KINDS]

    @property
    def id_column_options(self) -> list[Option]:
        """The user id, and every property that can hold an id. A kept one that is gone stays."""
        chosen = str(self["id_column"].value() or "")
        names = usable_columns(self.dataset)
        if chosen and chosen not in names:
            names = [chosen, *names]
        options = [Option("", _("the user id"), not chosen)]
        return options + [Option(name, name, name == chosen) for name in names]

    def read_choice(self, connection: Connection) -> dict[str, str] | None:
        """None where nothing was said, or where an error now says what is wrong."""
        if not set(FIELDS.values()) & set(self.data):
            return None
        data = self.cleaned_data
        kind: Any = data.get("identifier") or "external_id"
        choice = IdentifierChoice(
            kind=kind,
            column=data.get("id_column") or "",
            # A label typed before another kind was chosen is no part of the choice.
            label=(data.get("alias_label") or "").strip() if kind == "alias" else "",
        )
        try:
            check_identifier(choice, self.dataset, connection)
        except BadIdentifier as bad:
            self.add_error(FIELDS[bad.field], bad.message)
            return None
        return choice.to_json()


class IdentifierForm(IdentifierFields):
    """The identifier alone, as the preview asks for it."""

    def __init__(self, data: Any, *, dataset: Dataset) -> None:
        super().__init__(data)
        self.dataset = dataset


def identifier_initial(kept: dict[str, str]) -> dict[str, str]:
    choice = IdentifierChoice.from_json(kept)
    return {
        "identifier": choice.kind,
        "id_column": choice.column,
        "alias_label": choice.label,
    }


def describe_identifier(kept: dict[str, str]) -> str:
    """`External id`, `Alias crm_id from crm`."""
    choice = IdentifierChoice.from_json(kept)
    words = str(dict(KINDS)[choice.kind])
    if choice.label:
        words = f"{words} {choice.label}"
    if choice.column:
        words = _("%(identifier)s, from %(column)s") % {
            "identifier": words,
            "column": choice.column,
        }
    return words
