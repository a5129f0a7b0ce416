from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.worker import Keeper


class Command(BaseCommand):
    help = "Run imports: the worker pool, the schedule tick, the sweeper and the mail."

    def handle(self, *args: Any, **options: Any) -> None:
        Keeper().run()
