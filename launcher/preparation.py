"""The data folder, ready to serve: tables, static files, and demo data where there is none."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.console import Stop, last_lines, step
from launcher.layout import ROOT, RUNTIME_LOCK, digest_of_files, write_whole

# What decides whether `migrate` has to look again; secrets count by presence, not by value.
SETTINGS_THAT_MATTER = ("DATABASE_URL", "BASE_URL", "DEBUG")
SECRETS_THAT_MATTER = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")

_CONNECT = "from integrations.demo import connect_sandbox; connect_sandbox()"


class Preparation:
    def __init__(self, python: Path, folder: Path, environ: Mapping[str, str]) -> None:
        self.python = python
        self.folder = folder
        self.environ = {**environ, "DATA_DIR": str(folder)}
        self.stamp = folder / ".prepared.json"
        self.seeding = folder / ".seeding"

    def run(self) -> None:
        """Migrate and collect static files where either has changed since the last time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        known, wanted = self._read_stamp(), self._stamps()
        commands = []
        if known.get("tables") != wanted["tables"] or not self._has_own_database():
            commands.append("migrate")
        if known.get("static") != wanted["static"] or not self._has_static_files():
            commands.append("collectstatic")
        if commands:
            with step("Preparing the database and the static files"):
                self._manage([(command, "--noinput", "--verbosity", "0") for command in commands])
            write_whole(self.stamp, json.dumps(wanted))

    def seed(self, events: int | None = None) -> None:
        """Make the demo data, unless the folder already has a dataset."""
        if self._has_dataset() and not self.seeding.exists():
            return
        self.seeding.touch()
        size = [] if events is None else ["--events", str(events)]
        with step("Making demo data"):
            self._manage([("seed_demo", *size)])
        self.seeding.unlink()

    def connect_sandbox(self) -> None:
        """Let the demo's connection follow the sandbox when it runs on another port than before."""
        now, noted = self.environ.get("BRAZE_SANDBOX_URL", ""), self.folder / ".sandbox-url"
        if now and (not noted.exists() or noted.read_text() != now):
            self._manage([("shell", "--no-imports", "--command", _CONNECT)])
            write_whole(noted, now)

    def _has_dataset(self) -> bool:
        datasets = self.folder / "datasets"
        return datasets.is_dir() and any(datasets.iterdir())

    def _has_own_database(self) -> bool:
        # A database elsewhere may have been emptied since; `migrate` looks each time.
        return not self.environ.get("DATABASE_URL") and (self.folder / "app.sqlite3").exists()

    def _has_static_files(self) -> bool:
        return (self.folder / "static" / "staticfiles.json").exists()

    def _stamps(self) -> dict[str, str]:
        code = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/checks.py"), RUNTIME_LOCK]
        values = [self.environ.get(name, "") for name in SETTINGS_THAT_MATTER]
        given = [bool(self.environ.get(name)) for name in SECRETS_THAT_MATTER]
        tables = repr((digest_of_files(code), values, given, str(ROOT)))
        static = [path for path in ROOT.glob("static/**/*") if path.is_file()]
        return {
            "tables": hashlib.sha256(tables.encode()).hexdigest(),
            "static": digest_of_files([*static, RUNTIME_LOCK]),
        }

    def _read_stamp(self) -> dict[str, str]:
        try:
            content = json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _manage(self, commands: Sequence[Sequence[str]]) -> None:
        """Run management commands side by side; all must succeed."""
        running = {command[0]: self._start(command) for command in commands}
        try:
            for name, process in running.items():
                self._finish(name, process)
        finally:
            for process in running.values():
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.python), "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _finish(self, name: str, process: subprocess.Popen[str]) -> None:
        output, _ = process.communicate()
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / "setup.log").open("a") as log:
            log.write(output)
        if process.returncode != 0:
            shown = 1 if "Traceback" in output else 6
            raise Stop(
                f"`manage.py {name}` failed:\n{last_lines(output, shown)}\n"
                f"  The whole story: {logs / 'setup.log'}"
            )
