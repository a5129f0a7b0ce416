from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from cohorts.warehouse import scratch_folder


class CohortsConfig(AppConfig):
    name = "cohorts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        scratch_folder.place = settings.DATA_DIR / "scratch"
