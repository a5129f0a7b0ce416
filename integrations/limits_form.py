"""From where on imports over a connection are held, where no schedule says otherwise."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from integrations.models import Connection
from integrations.safety import BadLimits, Limits, limits_of


class LimitsForm(forms.Form):
    percent = forms.IntegerField(label=gettext_lazy("Share removed"))
    least = forms.IntegerField(label=gettext_lazy("Users removed"))
    factor = forms.IntegerField(label=gettext_lazy("Times the usual size"))

    def __init__(self, data: Any, connection: Connection | None) -> None:
        super().__init__(data, initial=asdict(limits_of(None, connection)))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                Limits(**cleaned)
            except BadLimits as bad:
                self.add_error(bad.field, bad.message)
        return cleaned

    def save(self, connection: Connection) -> None:
        """On its own: what else stands in the row may be changed by somebody else meanwhile."""
        fields = {f"hold_{name}": value for name, value in self.cleaned_data.items()}
        Connection.objects.filter(pk=connection.pk).update(**fields)
