"""Java, which Spark needs: the system's, or installed from the system's packages."""

from __future__ import annotations

import os
import shutil
import subprocess

from launcher.console import complain, last_lines, step

_MEND = "Install Java 17 or later (Debian: openjdk-17-jre-headless, openjdk-21-jre-headless)."
# Debian 12 has the first of them, Debian 13 the second.
_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless")


def ensure_java() -> None:
    """Without it the tests of Spark are skipped, and say so."""
    if shutil.which("java"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        complain(f"There is no Java: Spark will NOT be tested. {_MEND}")
        return
    with step("Installing Java"):
        said = _install()
    if not shutil.which("java"):
        complain(f"Java could not be installed: Spark will NOT be tested. {_MEND}\n{said}")


def _install() -> str:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = _run(["apt-get", "update", "-qq"], environ)
    for package in _PACKAGES:
        said = _run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], environ
        )
        if shutil.which("java"):
            break
    return last_lines(said, 5)


def _run(command: list[str], environ: dict[str, str]) -> str:
    return subprocess.run(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
