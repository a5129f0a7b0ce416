"""Secrets at rest: a text field that is encrypted in the database."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _cipher() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: no secret can be stored.")
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


class UndecryptableSecret(Exception):
    """The stored secret was written with a key that FIELD_ENCRYPTION_KEYS no longer holds."""


class EncryptedTextField(models.TextField):
    """Fernet-encrypted text. The first key of FIELD_ENCRYPTION_KEYS writes, all of them read.

    Reading raises `UndecryptableSecret`; the message never holds the value.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return value
        return _cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            raise UndecryptableSecret(
                f"{self.model._meta.label}.{self.name} was encrypted with another key."
            ) from None
