"""What is kept about imports: connections, schedules, runs, batches, ledgers, mail.

The invariants of ARCHITECTURE.md stand here as constraints wherever a database can hold them.
"""

from integrations.models.batches import EarlierTry, ImportBatch, RefusedMember
from integrations.models.connections import Connection, RequestTurns
from integrations.models.ledgers import Ledger
from integrations.models.mail import OutboxMail
from integrations.models.people import NoticesRead, Profile
from integrations.models.runs import ImportRun
from integrations.models.schedules import ImportSchedule, ScheduleSlot
from integrations.models.watching import Incident, WorkerSeen

__all__ = [
    "Connection",
    "EarlierTry",
    "ImportBatch",
    "ImportRun",
    "ImportSchedule",
    "Incident",
    "Ledger",
    "NoticesRead",
    "OutboxMail",
    "Profile",
    "RefusedMember",
    "RequestTurns",
    "ScheduleSlot",
    "WorkerSeen",
]
