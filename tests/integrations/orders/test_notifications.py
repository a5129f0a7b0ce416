from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from itertools import product
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from cohorts.models import Cohort
from integrations import notifications
from integrations.models import Connection, ImportRun, Incident, OutboxMail, Profile
from integrations.notifications import message_id, send_waiting_mails, write_mails
from integrations.schedules import save_schedule
from tests.factories import make_batch
from tests.integrations.orders.conftest import make_cadence
from tests.integrations.orders.mail_server import MailServer

pytestmark = pytest.mark.django_db

ANA, BEN = "ana@sing.example", "ben@sing.example"
MakeRun = Callable[..., ImportRun]


@pytest.fixture
def mail_server(settings: SimpleNamespace) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _base_url(settings: SimpleNamespace) -> None:
    settings.BASE_URL = "https://cohorts.sing.example"


def make_due() -> None:
    OutboxMail.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_each_recipient_gets_one_mail_however_often_it_is_asked_for(make_run: MakeRun) -> None:
    run = make_run(recipients=[ANA, BEN, ANA])
    assert write_mails(run) == 2
    assert write_mails(run) == 0
    assert {mail.recipient for mail in OutboxMail.objects.all()} == {ANA, BEN}


@pytest.mark.parametrize("state", ["canceled", "queued", "computing", "sending"])
def test_other_ends_and_open_runs_tell_nobody(make_run: MakeRun, state: str) -> None:
    assert write_mails(make_run(state, recipients=[ANA])) == 0


def test_a_mail_exists_only_if_the_run_ended(make_run: MakeRun) -> None:
    run = make_run(recipients=[ANA])

    class Undone(Exception):
        pass

    def end_and_undo() -> None:
        with transaction.atomic():
            write_mails(run)
            raise Undone

    with pytest.raises(Undone):
        end_and_undo()
    assert not OutboxMail.objects.exists()


def test_a_held_run_that_succeeds_later_is_told_twice(make_run: MakeRun) -> None:
    run = make_run("held", recipients=[ANA], held_reason="It would remove 4,000 users.")
    write_mails(run)
    run.state, run.finished_at = "succeeded", timezone.now()
    write_mails(run)
    assert set(OutboxMail.objects.values_list("kind", flat=True)) == {"held", "succeeded"}


def test_a_mail_that_cannot_be_written_does_not_cost_the_run(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run: ImportRun, kind: str) -> None:
        raise ZeroDivisionError("u1 canary")

    monkeypatch.setattr(notifications, "write_content", fail)
    assert write_mails(make_run(recipients=[ANA])) == 0
    assert Incident.objects.get().text.endswith("ZeroDivisionError")


def written(run: ImportRun) -> OutboxMail:
    write_mails(run)
    return OutboxMail.objects.get()


def test_a_mail_of_success_says_what_happened_and_where_to_find_it(
    make_run: MakeRun, cohort: Cohort, connection: Connection
) -> None:
    cadence = make_cadence(unit="week", weekdays=(1, 4))
    at = datetime(2026, 11, 23, 23, 0, 2, tzinfo=UTC)
    schedule = save_schedule(cohort, connection=connection, cadence=cadence, now=at)
    run = make_run(recipients=[ANA], schedule=schedule, at=at, blank=3, invalid=2)
    mail = written(run)
    assert mail.subject == "Imported to Braze: Dormant Users, 12,431 users"
    for body in (mail.text, mail.html):
        for words in (
            "Dormant Users is up to date in Braze",
            "11/24/2026 8:00:04 AM (Asia/Tokyo)",
            "12,431",
            "+612",
            "301",
            "11,819 users",
            "Kubit Cohorts",
            "Every 1 week, T, F at 08:00 AM Asia/Tokyo",
            "11/27/2026 8:00 AM (Asia/Tokyo)",
            f"https://cohorts.sing.example/imports/{run.pk}/",
            "https://cohorts.sing.example/cohorts/dormant-users/",
            "US-01",
            "3 users",
            "2 users",
            "SING",
        ):
            assert words in body


def test_a_mail_of_failure_says_why_and_what_to_do(make_run: MakeRun) -> None:
    run = make_run(
        "failed",
        recipients=[ANA],
        error_kind="key_refused",
        error_message="Braze did not accept the data import key (401).",
    )
    mail = written(run)
    assert mail.subject == "Import failed: Dormant Users"
    for body in (mail.text, mail.html):
        assert "Dormant Users was not imported" in body
        assert "No users were changed in Braze" in body
        assert "Braze did not accept the data import key (401)." in body
        assert "copy the data import key" in body
        assert "12,431" not in body


@pytest.mark.parametrize("kind", ["no_answer", "server_error", "memory", "definition", "canceled"])
def test_every_failure_says_what_to_do(make_run: MakeRun, kind: str) -> None:
    mail = written(make_run("partial", recipients=[ANA], error_kind=kind, error_message="So."))
    assert "What to do" in mail.text
    assert "Nothing is lost" in mail.text


def test_a_failure_that_paused_the_connection_says_how_it_goes_on(make_run: MakeRun) -> None:
    Connection.objects.update(paused_at=timezone.now(), paused_reason="Not enabled.")
    run = make_run("failed", recipients=[ANA], error_kind="partner_not_enabled")
    run.connection.refresh_from_db()
    assert "test the connection “Main”" in written(run).text


def test_a_mail_about_a_part_tells_what_is_in_doubt(make_run: MakeRun) -> None:
    mail = written(make_run("partial", recipients=[ANA], error_kind="no_answer", in_doubt=1000))
    assert "In doubt, sent again next time: 1,000 users" in mail.text


def test_a_mail_of_failure_tells_how_many_changes_wait(make_run: MakeRun) -> None:
    run = make_run("failed", recipients=[ANA], error_kind="key_refused", added=0, removed=0)
    for number, state in enumerate(["acknowledged", "planned", "refused", "unknown"], 1):
        make_batch(run, number, state=state, added=300, removed=40)
    assert "Waiting to be sent: 680 changes" in written(run).text


def test_a_mail_names_the_filter_as_the_way_of_delivery_has_it(make_run: MakeRun) -> None:
    Connection.objects.update(mode="track")
    run = make_run(recipients=[ANA])
    run.connection.refresh_from_db()
    mail = written(run)
    assert 'segment filter "Kubit Cohorts", includes value, "Dormant Users"' in mail.text
    assert "<b>includes value</b>" in mail.html


def test_a_held_mail_asks_for_a_decision(make_run: MakeRun) -> None:
    mail = written(make_run("held", recipients=[ANA], held_reason="It would remove 4,000 users."))
    assert mail.subject == "Import held: Dormant Users waits for your decision"
    assert "It would remove 4,000 users." in mail.text
    assert "Nothing was sent to Braze" in mail.text


def test_a_name_full_of_tricks_stays_a_name(make_run: MakeRun, cohort: Cohort) -> None:
    Cohort.objects.update(name="A\r\nBcc: x@evil.example <b>&\u2028" + "n" * 220)
    cohort.refresh_from_db()
    mail = written(make_run(recipients=[ANA], cohort=cohort))
    assert mail.subject.isprintable()
    assert len(mail.subject) <= 200
    assert "<b>&" not in mail.html
    assert "&lt;b&gt;&amp;" in mail.html


def test_no_key_stands_in_a_mail(make_run: MakeRun) -> None:
    mail = written(make_run("failed", recipients=[ANA], error_kind="key_refused"))
    assert "canary" not in mail.text + mail.html + mail.subject


def test_the_message_id_is_the_same_for_the_same_mail_only(make_run: MakeRun) -> None:
    run = make_run()
    assert message_id(run, ANA, "failed") == message_id(run, ANA, "failed")
    others = {message_id(run, ANA, "held"), message_id(run, BEN, "failed")}
    assert message_id(run, ANA, "failed") not in others
    assert message_id(run, ANA, "failed").endswith("@cohorts.sing.example>")


def test_it_sends_text_and_html_over_smtp(make_run: MakeRun, mail_server: MailServer) -> None:
    run = make_run(recipients=[ANA])
    write_mails(run)
    assert send_waiting_mails() == 1
    assert send_waiting_mails() == 0
    [mail] = mail_server.mails
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Imported to Braze: Dormant Users, 12,431 users"
    assert mail["To"] == ANA
    assert mail["Message-ID"] == message_id(run, ANA, "succeeded")
    assert mail.get_content_type() == "multipart/alternative"
    assert "up to date" in mail.get_body(("plain",)).get_content()
    assert "<h1" in mail.get_body(("html",)).get_content()
    row = OutboxMail.objects.get()
    assert (row.state, row.attempts, row.error) == ("sent", 1, "")
    assert row.sent_at is not None


def test_a_passing_refusal_is_tried_again_later(make_run: MakeRun, mail_server: MailServer) -> None:
    write_mails(make_run(recipients=[ANA]))
    mail_server.refusals = ["451 4.7.1 Try again later"]
    assert send_waiting_mails() == 0
    row = OutboxMail.objects.get()
    assert (row.state, row.error) == ("waiting", "451 4.7.1 Try again later")
    assert row.next_try_at > timezone.now() + timedelta(seconds=30)
    assert send_waiting_mails() == 0
    assert mail_server.mails == []
    make_due()
    assert send_waiting_mails() == 1
    assert len(mail_server.mails) == 1


def test_one_refused_address_does_not_cost_the_others_their_mail(
    make_run: MakeRun, mail_server: MailServer
) -> None:
    people = [f"p{number}@sing.example" for number in range(5)]
    write_mails(make_run(recipients=people))
    mail_server.refused_recipients = {people[2]: "550 5.1.1 No such user"}
    assert send_waiting_mails() == 4
    assert sorted(mail_server.recipients) == [each for each in people if each != people[2]]
    row = OutboxMail.objects.get(recipient=people[2])
    assert (row.state, row.error) == ("failed", "550 5.1.1 No such user")


def test_a_mail_server_that_is_away_costs_nothing_but_time(
    make_run: MakeRun, mail_server: MailServer
) -> None:
    write_mails(make_run(recipients=[ANA, BEN]))
    mail_server.stop()
    assert send_waiting_mails() == 0
    tried = OutboxMail.objects.get(attempts=1)
    assert tried.state == "waiting"
    assert "cannot be reached" in tried.error
    assert OutboxMail.objects.filter(attempts=0).count() == 1
    mail_server.start()
    make_due()
    assert send_waiting_mails() == 2


def test_it_gives_up_after_a_day(make_run: MakeRun, mail_server: MailServer) -> None:
    write_mails(make_run(recipients=[ANA]))
    OutboxMail.objects.update(created_at=timezone.now() - timedelta(hours=25))
    mail_server.refusals = ["451 Try again later"]
    send_waiting_mails()
    assert OutboxMail.objects.get().state == "failed"


def test_the_password_of_the_mail_server_is_in_no_error(
    make_run: MakeRun, mail_server: MailServer, settings: SimpleNamespace
) -> None:
    write_mails(make_run(recipients=[ANA]))
    mail_server.refusals = ["451 rejected for hunter2-canary"]
    settings.EMAIL_HOST_PASSWORD = "hunter2-canary"
    settings.EMAIL_HOST_USER = ""
    send_waiting_mails()
    assert OutboxMail.objects.get().error == "451 rejected for ••••"


def test_it_sends_at_most_so_many_at_a_time(make_run: MakeRun, mail_server: MailServer) -> None:
    write_mails(make_run(recipients=[f"p{number}@sing.example" for number in range(5)]))
    assert send_waiting_mails(limit=3) == 3
    assert send_waiting_mails(limit=3) == 2


def test_each_recipient_reads_the_language_they_chose(make_run: MakeRun) -> None:
    for address, language in ((ANA, "ja"), (BEN, "en")):
        user = User.objects.create(username=language, email=address.upper())
        Profile.objects.create(user=user, language=language)
    write_mails(make_run(recipients=[ANA, BEN, "other@sing.example"], language="ja"))
    subjects = dict(OutboxMail.objects.values_list("recipient", "subject"))
    assert subjects == {
        ANA: "Brazeへのインポート完了: Dormant Users、12,431人",
        BEN: "Imported to Braze: Dormant Users, 12,431 users",
        "other@sing.example": subjects[ANA],
    }


def test_without_a_choice_it_is_the_language_of_the_installation(
    make_run: MakeRun, settings: SimpleNamespace
) -> None:
    settings.LANGUAGE_CODE = "ja"
    assert "インポート失敗" in written(make_run("failed", recipients=[ANA])).subject


@pytest.mark.parametrize(
    ("state", "trigger"),
    [
        *product(["succeeded", "partial", "failed"], ["scheduled", "removal"]),
        ("held", "scheduled"),
    ],
)
def test_no_english_is_left_in_a_japanese_mail(
    make_run: MakeRun, cohort: Cohort, connection: Connection, state: str, trigger: str
) -> None:
    cadence = make_cadence(unit="week", weekdays=(1, 4))
    schedule = save_schedule(cohort, connection=connection, cadence=cadence)
    Cohort.objects.update(name="休眠")
    cohort.refresh_from_db()
    run = make_run(
        state,
        cohort=cohort,
        trigger=trigger,
        recipients=[ANA],
        schedule=schedule,
        language="ja",
        blank=1,
        invalid=2,
        in_doubt=3,
        error_kind="no_answer" if state in ("partial", "failed") else "",
        error_message="rest.iad-01.braze.com did not answer in time." if state != "held" else "",
        held_facts={"rule": "removes", "removed": 4000, "held": 9000, "most": 30},
    )
    mail = written(run)
    assert "毎" in mail.text or "週間ごと" in mail.text
    # Names that stay what they are, in any language.
    known = r"""https?://\S+|rest\.iad-01\.braze\.com|Braze|Kubit\ Cohorts|includes|SING|Main|US-01
        |Asia/Tokyo|ID"""
    for words in (mail.subject, mail.text):
        assert re.findall("[A-Za-z]{2,}", re.sub(known, "", words, flags=re.VERBOSE)) == []


def test_a_quiet_schedule_tells_of_problems_only(
    make_run: MakeRun, cohort: Cohort, connection: Connection
) -> None:
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    schedule.notify = "problems"
    schedule.save()
    told = {
        (state, trigger): write_mails(
            make_run(state, trigger=trigger, schedule=schedule, recipients=[ANA])
        )
        for state in ("succeeded", "partial", "failed")
        for trigger in ("scheduled", "manual")
    }
    assert [case for case, count in told.items() if not count] == [("succeeded", "scheduled")]


SENDER = """
import sys, django
django.setup()
from integrations.notifications import send_waiting_mails
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(send_waiting_mails(limit=100))
"""


@pytest.mark.database_both
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_no_mail_twice(
    make_run: MakeRun,
    mail_server: MailServer,
    process_environ: Callable[[], dict[str, str]],
) -> None:
    people = [f"p{number}@sing.example" for number in range(30)]
    write_mails(make_run(recipients=people))
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, str(mail_server.port)],
            env=process_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("go\n")
        sender.stdin.flush()
    assert sum(int(sender.communicate()[0]) for sender in senders) == 30
    assert sorted(mail_server.recipients) == sorted(people)


def test_dates_are_those_of_the_dataset_where_there_is_no_schedule(make_run: MakeRun) -> None:
    at = datetime.combine(date(2026, 1, 1), datetime.min.time(), tzinfo=UTC)
    assert "1/1/2026 9:00:02 AM (Asia/Tokyo)" in written(make_run(recipients=[ANA], at=at)).text
