"""Add a Braze connection, or give one that exists a new key or endpoint."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from cohorts.definitions.problems import is_showable
from cohorts.management.door import Door, Refused
from integrations.braze.clusters import CLUSTERS
from integrations.braze.tracking import DEFAULT_ATTRIBUTE
from integrations.connections import (
    can_change_delivery,
    endpoint_label,
    find_endpoint,
    key_name,
    problem_with_attribute,
    problem_with_key,
    set_key,
)
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
            help="the environment variable that holds the key: the data import key, or for "
            "--mode track a REST API key",
        )
        parser.add_argument(
            "--mode",
            choices=Connection.Mode.values,
            help="partner (default): the cohorts of a Braze partner; track: an array attribute "
            "of each user, written with a REST API key that has the permission users.track",
        )
        parser.add_argument(
            "--attribute",
            metavar="NAME",
            help=f"for --mode track: the array attribute; default “{DEFAULT_ATTRIBUTE}”",
        )

    def handle(self, **options: Any) -> None:
        name = options["name"].strip()
        if not name or len(name) > 100 or not is_showable(name):
            raise Refused("name: give the connection a name of 1 to 100 characters.")
        endpoint = find_endpoint(options["endpoint"])
        if endpoint is None:
            raise Refused(_unknown_endpoint(options["endpoint"]))
        with transaction.atomic():
            connection = Connection.objects.defer("data_import_key").filter(name=name).first()
            is_new = connection is None
            connection = connection or Connection(name=name)
            _set_delivery(connection, options["mode"], options["attribute"])
            key = _read_key(options["key_env"], connection.mode)
            connection.endpoint = endpoint
            set_key(connection, key)
            connection.save()
        done = "added" if is_new else "updated"
        self.stdout.write(f"Connection “{name}” to {endpoint_label(endpoint)} {done}.")


def _set_delivery(connection: Connection, mode: str | None, attribute: str | None) -> None:
    """What is not given stays as it is."""
    mode = mode or connection.mode
    if attribute is not None and mode != Connection.Mode.TRACK:
        raise Refused("attribute: it is for --mode track only.")
    attribute = connection.attribute if attribute is None else attribute.strip()
    problem = problem_with_attribute(attribute)
    if problem:
        raise Refused(f"attribute: {problem}")
    is_other = (mode, attribute) != (connection.mode, connection.attribute)
    if is_other and not can_change_delivery(connection):
        raise Refused(
            "mode: members were sent over this connection already, so its mode and attribute are "
            "fixed. Add another connection."
        )
    connection.mode, connection.attribute = mode, attribute


def _read_key(variable: str, mode: str) -> str:
    if variable not in os.environ:
        raise Refused(
            f"key-env: the environment variable {variable} is not set. Put the {key_name(mode)} "
            "into it, and give its name here, never the key itself."
        )
    key = os.environ[variable].strip()
    problem = problem_with_key(key, mode)
    if problem:
        raise Refused(f"key-env: {problem}")
    return key


def _unknown_endpoint(text: str) -> str:
    return (
        f"endpoint: “{text}” is not an endpoint of Braze. Give one of {', '.join(CLUSTERS)}, or "
        "the URL that BRAZE_SANDBOX_URL is set to."
    )
