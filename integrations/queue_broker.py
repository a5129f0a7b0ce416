"""The doorbell's wire: django-q2's queue in our database, made to outlast the database."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf

logger = logging.getLogger(__name__)

TRY_EVERY = 0.5


class PatientBroker(ORM):
    """The pusher of django-q2 ends after a pause of 10 s when the database breaks off; this one
    asks again soon."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        try:
            tasks: list[tuple[int, str]] | None = super().dequeue()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the queue: %s; trying again", type(error).__name__)
            connections[Conf.ORM].close()
            time.sleep(TRY_EVERY)
            return None
        return tasks

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        # The first that came is the first served; without an order any may wait for ever.
        return ORM.get_connection(list_key).order_by("pk")
