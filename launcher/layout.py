"""Where things lie, and what the user has configured."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
RUNTIME_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
ENGINES_LOCK = ROOT / "requirements-engines.lock"
ENGINES_TEST_LOCK = ROOT / "requirements-engines-test.lock"
BENCH_LOCK = ROOT / "requirements-bench.lock"


def configured(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The user's own settings: `.env`, and over it the environment, as the product reads them."""
    environ = os.environ if environ is None else environ
    path = Path(environ.get("ENV_FILE", ROOT / ".env"))
    return {**(read_dotenv(path.read_text()) if path.is_file() else {}), **environ}


def read_dotenv(text: str) -> dict[str, str]:
    """`NAME=value` lines; the launcher needs only to know what is set there."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("'\"")
    return values


def setting_names() -> set[str]:
    """Every setting there is, as `.env.example` lists them."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = [line.removeprefix("#").partition("=") for line in lines if "=" in line]
    return {name for name, _, _ in named if name.isupper() and " " not in name}


def data_dir(option: str | None, settings: Mapping[str, str]) -> Path:
    return Path(option or settings.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()


def digest_of_files(paths: Iterable[Path]) -> str:
    """One hash over names and contents; a file that is not there counts as its absence."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(str(path).encode() + b"\0")
        if path.is_file():
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Other processes see the old content or the new, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)
