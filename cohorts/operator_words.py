"""The operators' names on the screens, in the reader's language. Signs such as ≥ need none."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cohorts.definitions.operators import COMPARATORS, operators_as_json


def word_operators() -> dict[str, list[dict[str, Any]]]:
    """By property type, as the builder's page gets them."""
    labels = _labels()
    return {
        property_type: [row | {"label": labels.get(row["key"], row["label"])} for row in rows]
        for property_type, rows in operators_as_json().items()
    }


def word_comparisons() -> list[dict[str, Any]]:
    labels = _labels()
    return [
        {
            "key": key,
            "label": labels.get(key, label),
            "arity": "pair" if key == "between" else "one",
        }
        for key, (label, _words) in COMPARATORS.items()
    ]


def _labels() -> dict[str, str]:
    return {
        "between": _("between"),
        "in": _("is one of"),
        "not_in": _("is none of"),
        "contains": _("contains"),
        "not_contains": _("does not contain"),
        "starts_with": _("starts with"),
        "ends_with": _("ends with"),
        "matches": _("matches"),
        "before": _("before"),
        "after": _("after"),
        "last": _("in the last"),
        "not_last": _("not in the last"),
        "exists": _("exists"),
        "not_exists": _("does not exist"),
    }
