"""Add a Braze connection, or give one that exists a new key or endpoint."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from cohorts.management.door import Door, Refused
from integrations.braze.clusters import CLUSTERS
from integrations.connections import endpoint_label, find_endpoint, problem_with_key, set_key
from integrations.models import Connection


class Command(Door):
    help = "Add a Braze connection; one that exists gets the new endpoint and key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--endpoint",
            required=True,
            help="a cluster such as US-01, a REST or dashboard URL of Braze, or the sandbox's URL",
        )
        parser.add_argument(
            "--key-env",
            required=True,
            metavar="VAR",
            help="the environment variable that holds the data import key",
        )

    def handle(self, **options: Any) -> None:
        name = options["name"].strip()
        if not name or len(name) > 100 or not name.isprintable():
            raise Refused("name: give the connection a name of 1 to 100 characters.")
        endpoint = find_endpoint(options["endpoint"])
        if endpoint is None:
            raise Refused(_unknown_endpoint(options["endpoint"]))
        key = _read_key(options["key_env"])
        with transaction.atomic():
            connection = Connection.objects.defer("data_import_key").filter(name=name).first()
            is_new = connection is None
            connection = connection or Connection(name=name)
            connection.endpoint = endpoint
            set_key(connection, key)
            connection.save()
        done = "added" if is_new else "updated"
        self.stdout.write(f"Connection “{name}” to {endpoint_label(endpoint)} {done}.")


def _read_key(variable: str) -> str:
    if variable not in os.environ:
        raise Refused(
            f"key-env: the environment variable {variable} is not set. Put the data import key "
            "into it, and give its name here, never the key itself."
        )
    key = os.environ[variable].strip()
    problem = problem_with_key(key)
    if problem:
        raise Refused(f"key-env: {problem}")
    return key


def _unknown_endpoint(text: str) -> str:
    return (
        f"endpoint: “{text}” is not an endpoint of Braze. Give one of {', '.join(CLUSTERS)}, or "
        "the URL that BRAZE_SANDBOX_URL is set to."
    )
