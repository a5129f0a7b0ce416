"""What commands are given by name, found or refused."""

from __future__ import annotations

from cohorts.management.door import Refused
from cohorts.models import Cohort
from integrations.connections import default_connection
from integrations.models import Connection
from integrations.schedules import find_live_schedule


def get_cohort(slug: str) -> Cohort:
    cohort = Cohort.objects.select_related("dataset", "current_version").filter(slug=slug).first()
    if cohort is None:
        raise Refused(f"slug: there is no cohort “{slug}”. Save one with save_cohort.")
    return cohort


def get_connection(name: str) -> Connection:
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        raise Refused(f"connection: there is no connection “{name}”. {_known()}")
    return connection


def get_connection_for(cohort: Cohort, name: str | None) -> Connection:
    """The named one, else the one the cohort's schedule goes to, else the only one."""
    if name is not None:
        return get_connection(name)
    schedule = find_live_schedule(cohort)
    connection = schedule.connection if schedule else default_connection()
    if connection is None:
        raise Refused(f"connection: name one with --connection. {_known()}")
    return connection


def _known() -> str:
    names = list(Connection.objects.values_list("name", flat=True))
    if not names:
        return "There is none yet: add one with add_connection."
    return f"There is: {', '.join(names)}."
