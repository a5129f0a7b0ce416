"""What each refusal of Braze is called and what people are told. A table, no logic.

Texts are marked here and translated where they are used.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop as _


class Refusal(NamedTuple):
    kind: str
    text: str
    retry: bool = False


RATE_LIMITED = 429

BY_STATUS: dict[int, Refusal] = {
    400: Refusal(
        "our_fault",
        _(
            "Braze found the request malformed (%(status)s): %(text)s. This is a fault of Cohort "
            "Dashboard, please report it."
        ),
    ),
    403: Refusal(
        "forbidden",
        _(
            "Braze does not permit this (%(status)s): %(text)s. Check with Braze that the account "
            "is active and its plan includes cohort imports."
        ),
    ),
    404: Refusal(
        "configuration",
        _(
            "Braze knows no such address (%(status)s). Check the REST endpoint and the partner "
            "name."
        ),
    ),
    408: Refusal(
        "request_timeout", _("Braze did not get the request in time (%(status)s)."), retry=True
    ),
    413: Refusal("too_large", _("The request is too large for Braze (%(status)s).")),
    415: Refusal(
        "media_type",
        _(
            "Braze did not take the format of the request (%(status)s). This is a fault of Cohort "
            "Dashboard, please report it."
        ),
    ),
    423: Refusal(
        "locked",
        _("The cohort is locked in Braze, another change is under way (%(status)s)."),
        retry=True,
    ),
    RATE_LIMITED: Refusal(
        "rate_limited", _("Braze asks us to slow down (%(status)s)."), retry=True
    ),
}
OTHER = Refusal("refused", _("Braze refused (%(status)s): %(text)s"))

# Each 401 has another remedy: what Braze's text contains, in lower case → what it means.
UNAUTHORIZED: dict[str, Refusal] = {
    "invalid partner api key": Refusal(
        "partner_key",
        _(
            "Braze did not accept the partner API key (401). Either the key of this installation "
            "is wrong, or the REST endpoint belongs to another cluster. Ask your operator."
        ),
    ),
    "partner not enabled": Refusal(
        "partner_not_enabled",
        _(
            "Braze has not enabled the partner for this workspace (401). Ask Braze to enable it, "
            "then test the connection again."
        ),
    ),
    "invalid client secret": Refusal(
        "key_refused",
        _(
            "Braze did not accept the data import key (401). Either the key was replaced in "
            "Braze, or the REST endpoint belongs to another cluster. Copy the key again from "
            "Partner Integrations, Technology Partners, and compare the endpoint."
        ),
    ),
}
UNAUTHORIZED_OTHER = Refusal(
    "unauthorized",
    _(
        "Braze refused access (401). Either a key is wrong, or the REST endpoint belongs to "
        "another cluster. Check the data import key, the endpoint and the partner name."
    ),
)

# Where delivery by /users/track needs other words.
TRACK_BY_STATUS: dict[int, Refusal] = {
    403: Refusal(
        "forbidden",
        _(
            "Braze does not permit this (%(status)s): %(text)s. Give the REST API key the "
            "permission users.track, and check that the account is active."
        ),
    ),
    404: Refusal(
        "configuration",
        _("Braze knows no such address (%(status)s). Check the REST endpoint."),
    ),
    423: Refusal("locked", _("Braze is busy with another change (%(status)s)."), retry=True),
}
TRACK_UNAUTHORIZED = Refusal(
    "key_refused",
    _(
        "Braze did not accept the REST API key (401). Either the key is wrong, was deleted or "
        "lacks the permission users.track, or the REST endpoint belongs to another cluster. "
        "Compare both under Settings, APIs and Identifiers."
    ),
)

# How far a call came that ended without an answer. %s is the host.
BEFORE_SENDING: dict[str, Refusal] = {
    "resolve": Refusal("name_not_found", _("The address %s was not found."), retry=True),
    "connect": Refusal("unreachable", _("%s cannot be reached."), retry=True),
    "handshake": Refusal(
        "tls",
        _(
            "No secure connection to %s could be made: its certificate was not accepted, or the "
            "connection broke off."
        ),
        retry=True,
    ),
}
