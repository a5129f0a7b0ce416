"""`run.py test`: the static checks, then every test, with a real PostgreSQL and a real browser.

Runs under the environment's own Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from launcher.chromium import ensure_chromium
from launcher.console import Stop, complain, say, step
from launcher.layout import ROOT, setting_names
from launcher.postgres import postgres_server

# What a careful installation looks like; the values are for this check alone.
PRODUCTION = {
    "BASE_URL": "https://cohorts.example",
    "SECRET_KEY": "only-for-the-deployment-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "FIELD_ENCRYPTION_KEYS": "ZGVwbG95bWVudC1jaGVjay1kZXBsb3ltZW50LWNoZWM=",
    "BRAZE_PARTNER_KEYS": "US=only-for-the-deployment-check",
    "EMAIL_URL": "smtp+tls://mail.example:587",
}
_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
CHECKS: dict[str, list[str]] = {
    "ruff check": ["-m", "ruff", "check", "--no-cache"],
    "ruff format": ["-m", "ruff", "format", "--check", "--no-cache"],
    "mypy": ["-m", "mypy"],
    "import contracts": ["-c", _IMPORTS],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment check": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}
# More than the cores: tests of processes mostly wait.
PYTEST = ["-m", "pytest", "-n", "3", "--dist", "loadgroup"]
# What the options say to pytest. Without Java the last lines tell what was left out.
ENGINES = {
    "--engines": ["-rs", "-m", "engines", "tests/engines"],
    "--with-engines": ["-rs", "-m", "engines or not engines"],
}


def test(arguments: Sequence[str]) -> int:
    say("Testing")
    # Hundreds of processes start: each would compile the product and its tests anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    browser = ensure_chromium()
    failed = run_checks()
    with postgres_server(os.environ.get("TEST_DATABASE_URL")) as url:
        environ = {**os.environ, **browser, "TEST_DATABASE_URL": url}
        command = [sys.executable, *PYTEST, *_for_pytest(arguments)]
        status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
    if failed:
        complain(f"Failed before the tests: {', '.join(failed)} (see above).")
    return status or int(bool(failed))


def _for_pytest(arguments: Sequence[str]) -> list[str]:
    """Tests that are named take the place of all that an option stands for."""
    said = [part for option in arguments for part in ENGINES.get(option, [])]
    rest = [each for each in arguments if each not in ENGINES]
    is_named = any(not each.startswith("-") for each in rest)
    return [*(part for part in said if not (is_named and part == "tests/engines")), *rest]


def run_checks() -> list[str]:
    """The names of the checks that failed; what they said is printed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="checks-") as folder:
        environ = {**production_environment(os.environ), "DATA_DIR": folder}
        for name, arguments in CHECKS.items():
            with step(name):
                done = subprocess.run(
                    [sys.executable, *arguments],
                    cwd=ROOT,
                    env=environ,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
            if done.returncode != 0:
                complain(done.stdout)
                failed.append(name)
    return failed


def production_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """This shell's environment without any setting of the product's, then `PRODUCTION`."""
    ours = setting_names()
    kept = {name: value for name, value in environ.items() if name not in ours}
    return {**kept, **PRODUCTION, "ENV_FILE": os.devnull}


if __name__ == "__main__":
    try:
        sys.exit(test(sys.argv[1:]))
    except Stop as stop:
        complain(str(stop))
        sys.exit(stop.status)
    except KeyboardInterrupt:
        sys.exit(130)
