"""What people chose for mails to their own address about imports that they start."""

from __future__ import annotations

import pytest

from integrations.models import OutboxMail, Profile
from integrations.notifications import write_mails
from tests.factories import make_cohort, make_run, make_user

pytestmark = pytest.mark.django_db
OTHER = "crm@sing.example"


@pytest.mark.parametrize(
    ("notify", "state", "listed", "told"),
    [
        ("", "succeeded", True, True),
        ("", "succeeded", False, False),
        ("always", "succeeded", False, True),
        ("always", "succeeded", True, True),
        ("problems", "succeeded", True, False),
        ("problems", "failed", False, True),
        ("problems", "held", True, True),
        ("never", "failed", True, False),
    ],
)
def test_it_follows_their_choice(notify: str, state: str, listed: bool, told: bool) -> None:
    user = make_user(email="Mai@sing.example")
    Profile.objects.create(user=user, notify=notify)
    # Addresses are typed as people type them.
    recipients = [OTHER, "mai@SING.example"] if listed else [OTHER]
    run = make_run(make_cohort(), state, requested_by=user, recipients=recipients)
    write_mails(run)
    mailed = {mail.recipient.lower() for mail in OutboxMail.objects.all()}
    assert mailed == {OTHER} | ({"mai@sing.example"} if told else set())


def test_a_schedule_has_its_own_recipients() -> None:
    user = make_user()
    Profile.objects.create(user=user, notify="never")
    run = make_run(
        make_cohort(),
        trigger="scheduled",
        requested_by=user,
        recipients=[user.email],
    )
    write_mails(run)
    assert OutboxMail.objects.get().recipient == user.email
