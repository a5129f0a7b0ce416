"""Print where the first account is made."""

from __future__ import annotations

from typing import Any

from cohorts.management.door import Door
from kubit_app.first_run import is_new, setup_address


class Command(Door):
    help = "Print the link with which the first account, an Admin, is made. It ends with that."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_new():
            self.stdout.write(f"Make the first account at: {setup_address()}")
        else:
            self.stdout.write("There are accounts already. An Admin adds people under Settings.")
