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


class UnreadableSecret(str):
    """What a field holds whose value was encrypted with a key that is gone.

    Empty as text, so that nothing is ever sent with it; saved back as it was, so nothing is lost.
    A row with one must load: every list that joins it would fail otherwise.
    """

    ciphertext: str

    def __new__(cls, ciphertext: str) -> UnreadableSecret:
        secret = super().__new__(cls, "")
        secret.ciphertext = ciphertext
        return secret


def is_readable(secret: str | None) -> bool:
    return not isinstance(secret, UnreadableSecret)


class EncryptedTextField(models.TextField):
    """Fernet-encrypted text. The first key of FIELD_ENCRYPTION_KEYS writes, all of them read."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, UnreadableSecret):
            return value.ciphertext
        if value in (None, ""):
            return value
        return _cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            return UnreadableSecret(value)
