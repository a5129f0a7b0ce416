"""Import a cohort to Braze now."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import CommandParser

from cohorts.management.door import Door, Failed, Refused
from cohorts.models import Cohort
from integrations.identification import BadIdentifier
from integrations.management.identifier_options import (
    add_identifier_options,
    read_identifier_options,
)
from integrations.management.lookups import get_cohort, get_connection_for
from integrations.models import Connection, ImportRun
from integrations.preview import RecordDamaged, preview_import
from integrations.runs import ImportRefused, request_import, request_removal, run_as_json
from integrations.schedules import find_live_schedule
from integrations.worker_health import read_worker_health

LOOK_EVERY = 0.5
PATIENCE_WITHOUT_WORKER = 10
NO_WORKER = (
    "No worker has been seen for 90 s, so nothing moves. Start one with `python manage.py worker`. "
    "Still waiting."
)


class Command(Door):
    help = "Import a cohort to Braze now. The worker does it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--connection", metavar="NAME")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say how many would be sent"
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="send everybody again, and remove whoever was ever sent and is not in the cohort",
        )
        parser.add_argument(
            "--remove", action="store_true", help="take everybody of the cohort out of Braze"
        )
        add_identifier_options(parser)
        parser.add_argument(
            "--wait", action="store_true", help="print the import as JSON when it is final"
        )

    def handle(self, **options: Any) -> None:
        if options["remove"] and (options["repair"] or options["dry_run"]):
            raise Refused("remove: goes without --repair and --dry-run.")
        cohort = get_cohort(options["slug"])
        connection = get_connection_for(cohort, options["connection"])
        identifier = read_identifier_options(options, cohort.dataset, connection)
        if options["dry_run"]:
            self._preview(cohort, connection, repair=options["repair"], identifier=identifier)
            return
        if options["remove"]:
            run = _request_removal(cohort, connection)
        else:
            run = _request(cohort, connection, repair=options["repair"], identifier=identifier)
        if options["wait"]:
            self._wait(run)
        else:
            self.stdout.write(f"Import {run.pk} of “{cohort.name}” is queued.")

    def _preview(
        self,
        cohort: Cohort,
        connection: Connection,
        *,
        repair: bool,
        identifier: dict[str, str] | None,
    ) -> None:
        try:
            said = {} if identifier is None else {"identifier": identifier}
            found = preview_import(cohort, connection, repair=repair, **said)
        except BadIdentifier as bad:
            raise Refused(f"identifier: {bad.message}") from None
        except RecordDamaged as damaged:
            raise Failed(damaged.message) from None
        counts = {
            "add": found.add,
            "remove": found.remove,
            "unchanged": found.unchanged,
            "requests": found.requests,
        }
        self.stdout.write(json.dumps(counts))

    def _wait(self, run: ImportRun) -> None:
        complain_at = time.monotonic() + PATIENCE_WITHOUT_WORKER
        while not (run.is_final or run.state == ImportRun.State.HELD):
            if time.monotonic() >= complain_at:
                complain_at = float("inf")
                if not read_worker_health().is_healthy:
                    self.warn([NO_WORKER])
            time.sleep(LOOK_EVERY)
            run.refresh_from_db()
        self.stdout.write(json.dumps(run_as_json(run), ensure_ascii=False))
        self.stdout.flush()
        if run.state == ImportRun.State.HELD:
            raise Failed(f"Import {run.pk} is held until someone decides: {run.held_reason}")
        if run.state != ImportRun.State.SUCCEEDED:
            raise Failed(f"Import {run.pk} ended {run.state}: {run.error_message or 'no reason'}")


def _request_removal(cohort: Cohort, connection: Connection) -> ImportRun:
    try:
        return request_removal(cohort, connection=connection, by=None)
    except ImportRefused as refused:
        if refused.run is not None:
            raise Failed(refused.message) from None
        raise Refused(f"remove: {refused.message}") from None


def _request(
    cohort: Cohort, connection: Connection, *, repair: bool, identifier: dict[str, str] | None
) -> ImportRun:
    schedule = find_live_schedule(cohort)
    try:
        return request_import(
            cohort,
            connection=connection,
            trigger=ImportRun.Trigger.REPAIR if repair else ImportRun.Trigger.MANUAL,
            recipients=schedule.recipients if schedule else [],
            identifier=identifier,
        )
    except ImportRefused as refused:
        if refused.run is not None:
            raise Failed(refused.message) from None
        raise Refused(f"import: {refused.message}") from None
