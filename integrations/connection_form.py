"""Editing a connection. The key goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.braze.destination import Answer
from integrations.connections import (
    check_key,
    endpoint_choices,
    is_key_refused,
    problem_with_key,
    set_key,
)
from integrations.models import Connection


class ConnectionForm(forms.ModelForm):
    endpoint = forms.ChoiceField(
        label=gettext_lazy("REST endpoint"),
        help_text=gettext_lazy(
            "The cluster of your Braze workspace. It stands beside the key in Braze, and in the "
            "address of your dashboard."
        ),
    )
    new_key = forms.CharField(
        label=gettext_lazy("Data import key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 60}),
    )
    # What Braze said to the key and endpoint that are to be saved; None where it was not asked.
    # Asked before the form is validated, because a form is validated inside a transaction.
    answer: Answer | None = None

    class Meta:
        model = Connection
        fields = ["name", "endpoint"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "endpoint" in self.fields:
            self.fields["endpoint"].choices = _choices(self.instance)  # type: ignore[attr-defined]
        if "new_key" in self.fields:
            self.fields["new_key"].help_text = _key_help(self.instance)

    def clean_new_key(self) -> str:
        key: str = self.cleaned_data["new_key"].strip()
        if not key and not self.instance._state.adding:
            return ""
        problem = problem_with_key(key)
        if problem:
            raise forms.ValidationError(problem)
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.answer is not None and is_key_refused(self.answer):
            self.add_error("new_key", self.answer.message)
        return cleaned

    def save(self, commit: bool = True) -> Connection:
        if self.cleaned_data.get("new_key"):
            set_key(self.instance, self.cleaned_data["new_key"])
        elif self.answer is not None and self.answer.is_accepted:
            self.instance.paused_at, self.instance.paused_reason = None, ""
        connection: Connection = super().save(commit)
        return connection

    @property
    def warning(self) -> str:
        """Why the key could not be tried, when it is saved all the same."""
        if self.answer is None or self.answer.is_accepted:
            return ""
        return self.answer.message


def ask_braze(connection: Connection | None, *, endpoint: str, new_key: str) -> Answer | None:
    """What Braze says to what is about to be saved; None where nothing relevant changes."""
    new_key = new_key.strip()
    changes = connection is None or bool(new_key) or endpoint != connection.endpoint
    if not changes or endpoint not in dict(endpoint_choices()):
        return None
    key = new_key or _stored_key(connection)
    if not key or problem_with_key(key):
        return None
    return check_key(endpoint, key)


def _stored_key(connection: Connection | None) -> str:
    return "" if connection is None else connection.data_import_key


def _choices(connection: Connection) -> list[tuple[str, str]]:
    choices = endpoint_choices()
    if connection.endpoint and connection.endpoint not in dict(choices):
        # Such as a sandbox that is no longer configured. Shown, so that saving changes nothing.
        choices.insert(0, (connection.endpoint, _("%s (unknown here)") % connection.endpoint))
    return choices


def _key_help(connection: Connection) -> str:
    if connection._state.adding:
        return _(
            "Copy it in Braze from Partner Integrations, Technology Partners. It is stored "
            "encrypted and never shown again."
        )
    stored = mask_key(connection)
    return _("Stored: %s. Leave this empty to keep it. A new key is tried before it is saved.") % (
        stored
    )


def mask_key(connection: Connection) -> str:
    """All that is ever shown of a stored key."""
    return f"••••{connection.key_hint}"
