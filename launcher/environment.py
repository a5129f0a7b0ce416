"""The packages in `.venv`, exactly those of a lock file, installed once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from launcher.console import Stop, complain, last_lines, step
from launcher.downloads import fetch_wheel
from launcher.layout import (
    ENGINES_LOCK,
    ENGINES_TEST_LOCK,
    ROOT,
    RUNTIME_LOCK,
    TEST_LOCK,
    VENV,
    write_whole,
)

STAMP = VENV / ".installed.json"
VENV_PYTHON = VENV / "bin" / "python"
PIP_URL = (
    "https://files.pythonhosted.org/packages/07/25/"
    "ee8c38ae72d66b844ce8eb9711ba905dba21ca1a8a0c960057c41cd23337/pip-26.3-py3-none-any.whl"
)
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def ensure_environment(*, tests: bool = False, engines: bool = False) -> Path:
    """Make `.venv` hold the packages of the product (of its tests, of further engines); give
    its Python."""
    wanted = _lock(tests=tests, engines=engines)
    if not _is_installed(wanted):
        with _one_at_a_time():
            if not _is_installed(wanted):
                # Whoever has the packages of tests or engines keeps them when the locks change.
                held = _stamp()
                lock = _lock(
                    tests=tests or TEST_LOCK.name in held,
                    engines=engines or ENGINES_LOCK.name in held,
                )
                _install(lock)
    return VENV_PYTHON


def _lock(*, tests: bool, engines: bool) -> Path:
    if engines:
        return ENGINES_TEST_LOCK if tests else ENGINES_LOCK
    return TEST_LOCK if tests else RUNTIME_LOCK


def add_packages(lock: Path) -> None:
    """Install those of a further lock beside what `.venv` holds, until it is made anew."""
    with _one_at_a_time():
        if _is_installed(lock):
            return
        with step(f"Installing the packages of {lock.name}"):
            _install_with_pip(lock)
        write_whole(STAMP, json.dumps(_stamp() | {lock.name: _fingerprint(lock)}))


def _is_installed(lock: Path) -> bool:
    return VENV_PYTHON.exists() and _stamp().get(lock.name) == _fingerprint(lock)


def _fingerprint(lock: Path) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    return hashlib.sha256(version + lock.read_bytes()).hexdigest()


def _stamp() -> dict[str, str]:
    try:
        content = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _install(lock: Path) -> None:
    # Without the stamp first: what is interrupted half-way counts as not installed.
    STAMP.unlink(missing_ok=True)
    with step("Installing packages into .venv"):
        uv = shutil.which("uv")
        if not (uv and _install_with_uv(uv, lock)):
            _install_with_pip(lock)
    # What a lock file holds besides, at the same versions.
    others = [TEST_LOCK, ENGINES_LOCK] if lock == ENGINES_TEST_LOCK else []
    locks = [RUNTIME_LOCK, lock, *others]
    write_whole(STAMP, json.dumps({path.name: _fingerprint(path) for path in locks}))


def _install_with_uv(uv: str, lock: Path) -> bool:
    """False where uv does not manage; pip is then tried."""
    environ = dict(os.environ)
    if "PIP_INDEX_URL" in environ:
        environ.setdefault("UV_DEFAULT_INDEX", environ["PIP_INDEX_URL"])
    if "PIP_CERT" in environ:
        environ.setdefault("SSL_CERT_FILE", environ["PIP_CERT"])
    commands = []
    if not _runs([VENV_PYTHON, "-c", _SAME_VERSION]):
        _remove_environment()
        commands.append([uv, "venv", "--quiet", "--python", _base_python(), str(VENV)])
    python = str(VENV_PYTHON)
    commands.append(
        [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(lock)]
    )
    for command in commands:
        done = _run(command, environ)
        if done.returncode != 0:
            complain(
                f"\n  uv could not install; trying pip. It said:\n{last_lines(done.stdout, 5)}"
            )
            return False
    return True


def _install_with_pip(lock: Path) -> None:
    if not _runs([VENV_PYTHON, "-c", _SAME_VERSION]):
        _remove_environment()
        make = [_base_python(), "-m", "venv", str(VENV)]
        # Debian ships `venv` without the part that puts pip in.
        if find_spec("ensurepip") is None or not _runs(make):
            _remove_environment()
            _must([*make, "--without-pip"], "The environment could not be made in .venv.")
    pip = ["-m", "pip"]
    if not _runs([VENV_PYTHON, *pip, "--version"]):
        wheel = VENV / "pip.whl" / PIP_URL.rsplit("/", 1)[1]
        fetch_wheel(PIP_URL, digest=PIP_SHA256, into=wheel)
        pip = [str(wheel / "pip")]
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    _must(
        [str(VENV_PYTHON), *pip, "install", *quiet, "--require-hashes", "-r", str(lock)],
        "The packages could not be installed. Is a package index reachable? "
        "An index of your own is set with PIP_INDEX_URL.",
    )


_SAME_VERSION = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"


def _base_python() -> str:
    """The Python behind this one: an environment must not be made from itself."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _remove_environment() -> None:
    if VENV.exists():
        shutil.rmtree(VENV)


def _runs(command: Sequence[str | Path]) -> bool:
    try:
        return _run(command).returncode == 0
    except OSError:
        return False


def _must(command: Sequence[str], message: str) -> None:
    done = _run(command)
    if done.returncode != 0:
        raise Stop(f"{message}\n{last_lines(done.stdout)}")


def _run(
    command: Sequence[str | Path], environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
