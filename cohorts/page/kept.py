"""Answers that cost a query, kept so that a second visit has them at once.

An answer holds for one version and what it is built on: the definitions it refers to, the stored
lists and the file of the dataset. It grows old all the same, since windows move with the clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cohorts.evaluation import Prepared
from cohorts.models import CohortVersion, KeptAnswer

FRESH_FOR = timedelta(days=1)
# The rows of a warehouse change under us, and nothing tells when.
FRESH_FOR_WAREHOUSE = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
Question = KeptAnswer.Question


def basis_of(*prepared: Prepared) -> str:
    """The same for the same definitions and data."""
    return digest([_built_on(each) for each in prepared])


def digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def find_answer(
    version: CohortVersion, question: Question, prepared: Sequence[Prepared], about: object = ""
) -> KeptAnswer | None:
    return KeptAnswer.objects.filter(
        version=version,
        question=question,
        about=_digest_if_any(about),
        basis=basis_of(*prepared),
    ).first()


def is_fresh(kept: KeptAnswer, prepared: Prepared, now: datetime) -> bool:
    limit = FRESH_FOR_WAREHOUSE if prepared.dataset.is_external else FRESH_FOR
    return now - kept.as_of < limit


def keep_answer(
    version: CohortVersion,
    question: Question,
    prepared: Sequence[Prepared],
    answer: Any,
    *,
    as_of: datetime,
    about: object = "",
) -> KeptAnswer:
    KeptAnswer.objects.filter(version=version, as_of__lt=as_of - KEPT_FOR).delete()
    kept, _is_new = KeptAnswer.objects.update_or_create(
        version=version,
        question=question,
        about=_digest_if_any(about),
        defaults={"basis": basis_of(*prepared), "as_of": as_of, "answer": answer},
    )
    return kept


def _digest_if_any(about: object) -> str:
    return digest(about) if about else ""


def _built_on(prepared: Prepared) -> tuple[object, ...]:
    dataset = prepared.dataset
    return (
        (dataset.pk, dataset.engine, dataset.file, dataset.loaded_at, dataset.timezone),
        prepared.definition,
        sorted(prepared.references.items()),
        sorted(prepared.lists),
    )
