"""The demo's way to Braze: a connection to the sandbox beside this installation."""

from __future__ import annotations

from django.conf import settings

from integrations.connections import set_key
from integrations.models import Connection

NAME = "Braze sandbox"
# A made-up key that only the sandbox knows.
_SANDBOX_KEY = "sandbox-data-import-key-A"


def connect_sandbox() -> Connection | None:
    """Make the connection, or point it to where the sandbox is now. None without a sandbox."""
    if not settings.BRAZE_SANDBOX_URL:
        return None
    connection = Connection.objects.filter(name=NAME).first()
    if connection is None:
        connection = Connection(name=NAME)
        set_key(connection, _SANDBOX_KEY)
    connection.endpoint = settings.BRAZE_SANDBOX_URL
    connection.save()
    return connection
