"""System checks: settings that would fail later, or quietly, are refused at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from integrations.braze.clusters import CLUSTERS

# As long as the members of an import are kept for whoever looks into it.
LEAST_KEPT_DAYS = 30


def is_production() -> bool:
    """People reach it under a name of its own, over https."""
    return not settings.DEBUG and settings.BASE_URL.startswith("https://")


@register()
def check_secrets(**kwargs: Any) -> list[CheckMessage]:
    if not is_production():
        return []
    return [
        Error(
            f"{name} is the one that was generated into the data folder.",
            hint=f"Set {name} in the environment or in .env, from where you keep your secrets. "
            "To keep the generated one, copy it from secrets.json in the data folder.",
            id=f"kubit.E00{number}",
        )
        for number, name in enumerate(("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"), start=1)
        if name in settings.GENERATED_SECRETS
    ]


@register()
def check_encryption_keys(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"Key {position} of FIELD_ENCRYPTION_KEYS is not a Fernet key.",
            hint="A Fernet key is 32 random bytes in URL-safe base64 (44 characters). "
            "Several are separated by commas; the first one encrypts.",
            id="kubit.E003",
        )
        for position in unusable_encryption_keys()
    ]


def unusable_encryption_keys() -> list[int]:
    """Positions, from 1, of keys that cannot encrypt. The keys themselves are never shown."""
    unusable = []
    for position, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            unusable.append(position)
    return unusable


@register()
def check_base_url(**kwargs: Any) -> list[CheckMessage]:
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme in ("http", "https") and parts.hostname and not parts.query:
        return []
    return [
        Error(
            "BASE_URL is not an http or https address.",
            hint="It is what people type to reach the product, such as "
            "https://cohorts.example; links in mails begin with it.",
            id="kubit.E004",
        )
    ]


@register()
def check_queue(**kwargs: Any) -> list[CheckMessage]:
    queue = settings.Q_CLUSTER
    # A task waits in the queue while its retry clock already runs.
    if queue["retry"] > queue["timeout"] * (1 + queue["queue_limit"] / queue["workers"]):
        return []
    return [
        Error(
            "Q_CLUSTER: retry is so short that a waiting task could be started twice.",
            hint="Make retry longer than timeout * (1 + queue_limit / workers).",
            id="kubit.E005",
        )
    ]


@register()
def check_partner_keys(**kwargs: Any) -> list[CheckMessage]:
    known = sorted({cluster.partner_key_name for cluster in CLUSTERS.values()})
    return [
        Error(
            f"BRAZE_PARTNER_KEYS names {name!r}; known are {', '.join(known)}.",
            hint="Write it as US=…,EU=… with the key Braze gave you for each.",
            id="kubit.E006",
        )
        for name in sorted(set(settings.BRAZE_PARTNER_KEYS) - set(known))
    ]


@register()
def check_time_zones(**kwargs: Any) -> list[CheckMessage]:
    try:
        ZoneInfo("Asia/Tokyo")
    except ZoneInfoNotFoundError:
        return [
            Error(
                "There is no time zone data, so no schedule could be computed.",
                hint="Install the packages of requirements.lock; tzdata is among them.",
                id="kubit.E007",
            )
        ]
    return []


@register()
def check_data_folder(**kwargs: Any) -> list[CheckMessage]:
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The data folder {settings.DATA_DIR} cannot be written.",
            hint="Make it, owned by the user this runs as, or set DATA_DIR.",
            id="kubit.E008",
        )
    ]


@register()
def check_campaign_settings(**kwargs: Any) -> list[CheckMessage]:
    """They wear out what protects an import, and belong to campaigns alone."""
    is_usual = settings.TIME_COMPRESSION == 1 and not settings.FAIL_POINT_FILE
    # Beyond 20 a request's time limit is near what a healthy answer takes.
    if is_usual or (1 <= settings.TIME_COMPRESSION <= 20 and not is_production()):
        return []
    return [
        Error(
            "TIME_COMPRESSION or FAIL_POINT_FILE is set as only a campaign may have it.",
            hint="Unset both. In a campaign TIME_COMPRESSION is a number from 1 to 20.",
            id="kubit.E009",
        )
    ]


@register()
def check_days(**kwargs: Any) -> list[CheckMessage]:
    """Too few would throw away what people, or the next import, still need."""
    if settings.HOLD_DAYS >= 1 and settings.KEEP_DAYS >= LEAST_KEPT_DAYS:
        return []
    return [
        Error(
            "HOLD_DAYS or KEEP_DAYS is too small.",
            hint=f"HOLD_DAYS is 1 or more, KEEP_DAYS {LEAST_KEPT_DAYS} or more.",
            id="kubit.E010",
        )
    ]


@register(deploy=True)
def check_demo(**kwargs: Any) -> Sequence[CheckMessage]:
    if not (settings.DEMO and is_production()):
        return []
    return [
        Warning(
            "DEMO is on: demo log-ins with published passwords and every mail are open.",
            hint="Unset DEMO where people other than you can reach the product.",
            id="kubit.W001",
        )
    ]
