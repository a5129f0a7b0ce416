"""Editing a connection. The key goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.braze.destination import Answer
from integrations.connections import (
    can_change_delivery,
    check_key,
    endpoint_choices,
    find_endpoint,
    is_key_refused,
    problem_with_attribute,
    problem_with_key,
    set_key,
)
from integrations.models import Connection


class ConnectionForm(forms.ModelForm):
    mode = forms.ChoiceField(
        label=gettext_lazy("Delivery"),
        choices=Connection.Mode.choices,
        required=False,
        help_text=gettext_lazy(
            "Partner cohorts need a partner key of this installation. With a REST API key that "
            "has the permission users.track, the cohorts of a user are kept in an array "
            "attribute instead."
        ),
    )
    attribute = forms.CharField(
        label=gettext_lazy("Attribute"),
        max_length=255,
        required=False,
        help_text=gettext_lazy(
            "Only for delivery to an array attribute: the custom attribute that lists the "
            "cohorts of a user."
        ),
    )
    endpoint = forms.ChoiceField(
        label=gettext_lazy("REST endpoint"),
        help_text=gettext_lazy(
            "The cluster of your Braze workspace. It stands beside the key in Braze, and in the "
            "address of your dashboard."
        ),
    )
    # Wins over the choice: people have their dashboard's address at hand, not a cluster's name.
    address = forms.CharField(required=False, max_length=300)
    new_key = forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 60}),
    )
    # What Braze said to the key and endpoint that are to be saved; None where it was not asked.
    # Asked before the form is validated, because a form is validated inside a transaction.
    answer: Answer | None = None

    class Meta:
        model = Connection
        fields = ["name", "mode", "endpoint", "attribute"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "endpoint" in self.fields:
            self.fields["endpoint"].choices = _choices(self.instance)  # type: ignore[attr-defined]
        if not can_change_delivery(self.instance):
            for name in ("mode", "attribute"):
                if name in self.fields:
                    self.fields[name].disabled = True
                    self.fields[name].help_text = _(
                        "Fixed, because members were sent this way. For another way, add another "
                        "connection."
                    )
        if "new_key" in self.fields:
            self.fields["new_key"].help_text = _key_help(self.instance)

    def clean_mode(self) -> str:
        mode: str = self.cleaned_data["mode"] or self.instance.mode
        return mode

    def clean_attribute(self) -> str:
        attribute: str = self.cleaned_data["attribute"].strip() or self.instance.attribute
        problem = problem_with_attribute(attribute)
        if problem:
            raise forms.ValidationError(problem)
        return attribute

    def clean_new_key(self) -> str:
        key: str = self.cleaned_data["new_key"].strip()
        mode = self.cleaned_data.get("mode", self.instance.mode)
        if not key and not self.instance._state.adding:
            if mode == self.instance.mode:
                return ""
            raise forms.ValidationError(_("This way of delivery needs its own key."))
        problem = problem_with_key(key, mode)
        if problem:
            raise forms.ValidationError(problem)
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address = cleaned.get("address", "").strip()
        if address:
            found = find_endpoint(address)
            if found is None:
                text = _("Braze has no cluster at this address. Copy it from your browser again.")
                self.add_error("address", text)
            else:
                cleaned["endpoint"] = found
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


def ask_braze(
    connection: Connection | None,
    *,
    endpoint: str,
    new_key: str,
    mode: str = "",
    attribute: str = "",
) -> Answer | None:
    """What Braze says to what is about to be saved; None where nothing relevant changes."""
    new_key = new_key.strip()
    known = connection or Connection()
    mode = mode if mode in Connection.Mode.values and can_change_delivery(known) else known.mode
    changes = connection is None or bool(new_key) or endpoint != known.endpoint
    if not changes or endpoint not in dict(endpoint_choices()):
        return None
    # A stored key is of no use in the other way of delivery.
    key = new_key or (_stored_key(connection) if mode == known.mode else "")
    attribute = attribute.strip() or known.attribute
    if not key or problem_with_key(key, mode) or problem_with_attribute(attribute):
        return None
    return check_key(endpoint, key, mode=mode, attribute=attribute)


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
            "The data import key from Partner Integrations, Technology Partners, or the REST API "
            "key from Settings, APIs and Identifiers. It is stored encrypted and never shown again."
        )
    stored = mask_key(connection)
    return _("Stored: %s. Leave this empty to keep it. A new key is tried before it is saved.") % (
        stored
    )


def mask_key(connection: Connection) -> str:
    """All that is ever shown of a stored key."""
    return f"••••{connection.key_hint}"
