"""Outlasting a database that is away for a moment, with an answer of Braze in hand."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from integrations.pace import paced

logger = logging.getLogger(__name__)

# As long as a lease: after that somebody else may have taken over.
PATIENCE = paced(90)
TRY_EVERY = 0.25

T = TypeVar("T")


def outlast(step: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """Do a step again as long as the database is away. It must be safe to repeat.

    A commit whose answer is lost may have taken place.
    """
    ends_at = time.monotonic() + patience
    while True:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > ends_at:
                raise
            logger.warning("the database said %s; trying again", type(error).__name__)
            connection.close()
            time.sleep(TRY_EVERY)
