"""Amounts of memory, as settings write them: 2GB, 512MiB."""

from __future__ import annotations

import re

from cohorts.warehouse.errors import WarehouseError

_UNITS = {"k": 1, "m": 2, "g": 3, "t": 4}


def bytes_of(size: str) -> int:
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?\s*", size, re.IGNORECASE)
    if found is None:
        raise WarehouseError(
            "memory", "QUERY_MEMORY_LIMIT is no amount of memory. Write it like 2GB or 512MiB."
        )
    number, unit, binary = found.groups()
    if not unit:
        return int(float(number))
    return int(float(number) * (1024 if binary else 1000) ** _UNITS[unit.lower()])
