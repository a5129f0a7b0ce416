"""From a stored connection to the destination that delivers over it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from cohorts.encryption import is_readable
from cohorts.models import Cohort
from integrations.braze.clusters import CLUSTERS, find_cluster
from integrations.braze.destination import MAX_IDS, Answer, BrazeDestination, Destination, Outcome
from integrations.braze.tracking import DEFAULT_ATTRIBUTE, MAX_OBJECTS, TrackDestination
from integrations.models import Connection
from integrations.pace import paced

# Below this length, four characters shown would be too large a part of the key.
_SHORTEST_HINTED_KEY = 12
_CHECK_DEADLINE = 15
# Fields of a Braze profile that are no custom attributes. Some would change who is meant.
RESERVED_ATTRIBUTES = frozenset(
    {
        *("external_id", "user_alias", "braze_id", "email", "phone", "app_id", "country"),
        *("current_location", "date_of_first_session", "date_of_last_session", "dob", "facebook"),
        *("email_subscribe", "first_name", "gender", "home_city", "image_url", "language"),
        *("last_name", "push_subscribe", "push_tokens", "push_token_import", "time_zone"),
        *("subscription_groups", "twitter"),
    }
)
# Seconds a request may take in all. A lease is twice as long.
DEADLINE = paced(45)


class ConnectionUnusable(Exception):
    """Nothing can be sent over the connection. `message` says what to do about it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Endpoint:
    base_url: str
    partner_key_name: str


def find_endpoint(text: str) -> str | None:
    """What is stored for an endpoint as people give it: a cluster code or the sandbox's URL."""
    if is_sandbox(text.strip().rstrip("/")):
        return str(settings.BRAZE_SANDBOX_URL)
    cluster = find_cluster(text)
    return cluster.code if cluster else None


def is_sandbox(endpoint: str) -> bool:
    return bool(settings.BRAZE_SANDBOX_URL) and endpoint == settings.BRAZE_SANDBOX_URL


def endpoint_choices() -> list[tuple[str, str]]:
    choices = [
        (cluster.code, f"{cluster.code} ({cluster.rest_url.removeprefix('https://')})")
        for cluster in CLUSTERS.values()
    ]
    if settings.BRAZE_SANDBOX_URL:
        choices.insert(0, (settings.BRAZE_SANDBOX_URL, _("Braze sandbox on this installation")))
    return choices


def endpoint_label(endpoint: str) -> str:
    """The endpoint as people know it."""
    return _("Braze sandbox") if is_sandbox(endpoint) else endpoint


def open_destination(connection: Connection, *, deadline: float = DEADLINE) -> Destination:
    """Ready to send. Raises `ConnectionUnusable`."""
    key = connection.data_import_key
    if not is_readable(key):
        raise ConnectionUnusable(
            "key_unreadable",
            _(
                "The stored key cannot be read, because FIELD_ENCRYPTION_KEYS has changed. Enter "
                "the key again."
            ),
        )
    return open_endpoint(
        connection.endpoint,
        key,
        mode=connection.mode,
        attribute=connection.attribute,
        deadline=deadline,
    )


def open_endpoint(
    endpoint: str,
    key: str,
    *,
    mode: str = Connection.Mode.PARTNER,
    attribute: str = DEFAULT_ATTRIBUTE,
    deadline: float = DEADLINE,
) -> Destination:
    """Only Braze's own addresses and the configured sandbox are ever opened."""
    resolved = _resolve(endpoint)
    if mode == Connection.Mode.TRACK:
        return TrackDestination(resolved.base_url, key, attribute, deadline=deadline)
    partner_key = settings.BRAZE_PARTNER_KEYS.get(resolved.partner_key_name)
    if not partner_key:
        raise ConnectionUnusable(
            "partner_key_missing",
            _("This installation has no partner API key for %s. Set BRAZE_PARTNER_KEYS.")
            % resolved.partner_key_name,
        )
    return BrazeDestination(
        resolved.base_url, settings.BRAZE_PARTNER_NAME, partner_key, key, deadline=deadline
    )


def check_connection(connection: Connection) -> Answer:
    """Ask Braze whether keys and endpoint are good. Changes nothing there."""
    try:
        destination = open_destination(connection, deadline=_CHECK_DEADLINE)
    except ConnectionUnusable as unusable:
        return _no_answer(unusable)
    with closing(destination):
        return destination.check()


def resume_if_working(connection: Connection, answer: Answer) -> bool:
    """End the pause of a connection that works again. False when it was not paused, or does not."""
    if not answer.is_accepted:
        return False
    paused = Connection.objects.filter(pk=connection.pk, paused_at__isnull=False)
    return bool(paused.update(paused_at=None, paused_reason=""))


def check_key(
    endpoint: str,
    key: str,
    *,
    mode: str = Connection.Mode.PARTNER,
    attribute: str = DEFAULT_ATTRIBUTE,
) -> Answer:
    """The same for a key that is not stored yet."""
    try:
        destination = open_endpoint(
            endpoint, key, mode=mode, attribute=attribute, deadline=_CHECK_DEADLINE
        )
    except ConnectionUnusable as unusable:
        return _no_answer(unusable)
    with closing(destination):
        return destination.check()


def describe_check(answer: Answer) -> str:
    if answer.is_accepted:
        return _("Connected. Braze accepted the keys.")
    return answer.message


def is_key_refused(answer: Answer) -> bool:
    """Whether Braze said no, in contrast to not answering."""
    return answer.status in (401, 403)


def set_key(connection: Connection, key: str) -> None:
    """Put in a new key. A pause for the old key ends with it."""
    connection.data_import_key = key
    connection.key_hint = key[-4:] if len(key) >= _SHORTEST_HINTED_KEY else ""
    connection.paused_at = None
    connection.paused_reason = ""


def key_name(mode: str) -> str:
    """What Braze calls the key of this way of delivery."""
    return _("REST API key") if mode == Connection.Mode.TRACK else _("data import key")


def problem_with_key(key: str, mode: str = Connection.Mode.PARTNER) -> str | None:
    """Why this cannot be a key of Braze's, or None."""
    if not key:
        return _("The %s is empty.") % key_name(mode)
    has_odd = any(not character.isprintable() or character == " " for character in key)
    # A REST API key travels in a header.
    if len(key) > 500 or has_odd or (mode == Connection.Mode.TRACK and not key.isascii()):
        text = _("A %s is one line without spaces. Copy it again from Braze.")
        return text % key_name(mode)
    return None


def problem_with_attribute(attribute: str) -> str | None:
    """Why Braze could not have a custom attribute of this name, or None."""
    if not attribute.strip():
        return _("The attribute needs a name.")
    if len(attribute.encode()) > 255 or not attribute.isprintable():
        return _("The name of an attribute is one line of at most 255 bytes.")
    if attribute.startswith(("$", "_")) or attribute in RESERVED_ATTRIBUTES:
        return _("“%s” has a meaning of its own in Braze. Choose another name.") % attribute
    return None


def can_change_delivery(connection: Connection) -> bool:
    """Not once members were sent: nobody could remove them from the old place any more."""
    return connection._state.adding or not connection.ledgers.exists()


def place_of(connection: Connection) -> str:
    """Where requests count against the same limit: a cluster, by the way of delivery."""
    return f"{connection.endpoint} {connection.mode}"


def requests_per_second(connection: Connection) -> float:
    """0 is no limit. The sandbox beside us has limits of its own, and no others to think of."""
    return 0 if is_sandbox(connection.endpoint) else float(settings.BRAZE_REQUESTS_PER_SECOND)


def most_ids(connection: Connection) -> int:
    """How many members one request over the connection may hold."""
    return MAX_OBJECTS if connection.mode == Connection.Mode.TRACK else MAX_IDS


def default_connection() -> Connection | None:
    """The one to use where none is named: the only one there is."""
    found = list(Connection.objects.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def offered_connection(cohort: Cohort) -> Connection | None:
    """What a choice begins with: where the cohort last went, else one that is not paused."""
    went_to = Connection.objects.filter(runs__cohort=cohort, paused_at=None)
    return (
        went_to.order_by("-runs__pk").first()
        or Connection.objects.filter(paused_at=None).first()
        or Connection.objects.first()
    )


def _resolve(endpoint: str) -> Endpoint:
    if is_sandbox(endpoint):
        # The sandbox plays a cluster of the United States.
        return Endpoint(endpoint, "US")
    cluster = CLUSTERS.get(endpoint)
    if cluster is None:
        raise ConnectionUnusable(
            "endpoint_unknown",
            _("The REST endpoint “%s” is not one of Braze's. Choose another.") % endpoint,
        )
    return Endpoint(cluster.rest_url, cluster.partner_key_name)


def _no_answer(unusable: ConnectionUnusable) -> Answer:
    return Answer(Outcome.REFUSED, None, unusable.kind, unusable.message, False)
