"""Is this process alive; can it do its work. For load balancers and operators."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cohorts.encryption import is_readable
from cohorts.models import Dataset
from integrations.models import Connection
from kubit_app.checks import unusable_encryption_keys


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so a slow database restarts no one."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Every check by name, "ok" or what is wrong; 503 unless all are well."""
    answers = {name: _ask(check) for name, check in CHECKS.items()}
    well = all(answer == "ok" for answer in answers.values())
    body = {"status": "ready" if well else "not ready", "checks": answers}
    return JsonResponse(body, status=200 if well else 503)


def _ask(check: Callable[[], str]) -> str:
    try:
        return check() or "ok"
    except DatabaseError:
        # The page is open to everyone: what the database says stays in its own log.
        return "the database does not answer as it should"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "migrations are waiting: run `python manage.py migrate`"
    return ""


def _encryption_keys() -> str:
    if unusable_encryption_keys():
        return "FIELD_ENCRYPTION_KEYS holds a key that is none"
    keys = Connection.objects.values_list("data_import_key", flat=True)
    if not all(map(is_readable, keys)):
        return "a connection's key was encrypted with a key that FIELD_ENCRYPTION_KEYS lacks"
    return ""


def _datasets() -> str:
    files = Dataset.objects.exclude(file="").values_list("file", flat=True)
    missing = [name for name in files if not os.access(settings.DATASETS_DIR / name, os.R_OK)]
    return f"{len(missing)} of {len(files)} dataset files cannot be read" if missing else ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "encryption_keys": _encryption_keys,
    "datasets": _datasets,
}
