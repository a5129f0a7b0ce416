"""Java, which Spark needs: the system's, or installed from the system's packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from launcher.console import complain, last_lines, step

OLDEST = 17
MEND = "Install Java 17 or later (Debian: openjdk-17-jre-headless, openjdk-21-jre-headless)."
# Debian 12 has the first of them, Debian 13 the second.
_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless")
# Where nothing answers, apt-get would try for many minutes.
_APT = (
    *("apt-get", "-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"),
    *("-o", "Acquire::https::Timeout=20", "-o", "DPkg::Lock::Timeout=60"),
)


def ensure_java() -> None:
    """Without it the tests of Spark are skipped, and say so."""
    lack = find_lack()
    if lack is None:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        complain(f"Spark will NOT be tested: {lack} {MEND}")
        return
    with step("Installing Java"):
        said = _install()
    if lack := find_lack():
        complain(f"Spark will NOT be tested: {lack} {MEND} apt-get said:\n{said}")


def find_lack(environ: Mapping[str, str] = os.environ) -> str | None:
    """What keeps Spark from running here, if anything does."""
    # Spark's own rule.
    home = environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else "java"
    try:
        said = _run([java, "-version"], environ)
    except OSError:
        return f"There is no Java in JAVA_HOME ({home})." if home else "There is no Java."
    found = re.search(r'version "(?:1\.)?([0-9]+)', said)
    if found is None:
        return f"{java} does not run."
    if int(found[1]) < OLDEST:
        return f"{java} is Java {found[1]}."
    return None


def _install() -> str:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = _run([*_APT, "update"], environ)
    for package in _PACKAGES:
        said += _run([*_APT, "install", "-y", "--no-install-recommends", package], environ)
        if find_lack() is None:
            break
    return last_lines(said, 8)


def _run(command: list[str], environ: Mapping[str, str]) -> str:
    return subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    ).stdout
