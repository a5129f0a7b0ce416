"""Secrets that the installation makes for itself on first start."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet


@dataclass(frozen=True)
class Secrets:
    secret_key: str
    encryption_keys: list[str]


def load_or_create_secrets(data_dir: Path) -> Secrets:
    """Read `secrets.json` in the data folder; make it, readable by its owner only, if absent."""
    path = data_dir / "secrets.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _create(path)
    stored = json.loads(path.read_text())
    return Secrets(stored["secret_key"], stored["encryption_keys"])


def _create(path: Path) -> None:
    content = json.dumps(
        {
            "secret_key": secrets.token_urlsafe(64),
            "encryption_keys": [Fernet.generate_key().decode()],
        }
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    try:
        # link() fails where another process was first, so all agree on one file.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
