"""The settings of the product that runs on this data folder, as `run.py` wrote them down."""

from __future__ import annotations

import json
import os
from pathlib import Path

# Addresses only. What a person sets wins, and no secret is ever in the file.
NAMES = ("BASE_URL", "BRAZE_SANDBOX_URL", "EMAIL_URL", "DEMO")


def read_running_product(data_dir: Path) -> None:
    """Put them into the environment where it says nothing else."""
    try:
        chosen = json.loads((data_dir / "run.json").read_text("utf-8"))["environ"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name in NAMES:
        if isinstance(chosen, dict) and isinstance(chosen.get(name), str):
            os.environ.setdefault(name, chosen[name])
