"""A real Chromium for the browser tests, and what Playwright needs to drive it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from launcher.console import Stop, last_lines, step
from launcher.downloads import fetch
from launcher.layout import VENV

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MEND = "Mend it with: apt-get install chromium libatomic1 (as root), or set CHROME_BIN."
APT_PACKAGES = ("chromium", "fonts-liberation")
# The tests open the product's own pages only; Chromium's sandbox would need a kernel that lets
# ordinary users make namespaces, which containers seldom have, and it never starts as root.
FLAGS = (
    *("--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# A Chromium that needs no other package of the system: for those who are not root.
TARBALL = "https://registry.npmjs.org/@sparticuz/chromium/-/chromium-147.0.0.tgz"
TARBALL_SHA512 = (
    "4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
)
UNPACKED = VENV / "chromium-147.0.0"


def ensure_chromium() -> dict[str, str]:
    """The environment in which the tests find a working Chromium; installs one where none is."""
    path = find_chromium() or _install_from_debian() or _unpack_tarball()
    environ = {"CHROME_BIN": str(path), **_library_path(path), **_playwright_node()}
    _try_out(path, {**os.environ, **environ})
    return environ


def find_chromium() -> Path | None:
    """The one named by CHROME_BIN, or the first installed one."""
    if given := os.environ.get("CHROME_BIN"):
        if not Path(given).is_file():
            raise Stop(f"CHROME_BIN names {given}, which is not there.")
        return Path(given)
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def _install_from_debian() -> Path | None:
    return find_chromium() if _apt_install(*APT_PACKAGES) else None


def _apt_install(*packages: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    with step(f"Installing {', '.join(packages)}"):
        for command in (["apt-get", "update", "-qq"], install):
            done = subprocess.run(command, env=environ, capture_output=True, check=False)
    return done.returncode == 0


def _unpack_tarball() -> Path:
    chromium = UNPACKED / "chromium"
    if chromium.exists():
        return chromium
    if not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        raise Stop(f"No Chromium was found for the browser tests. {MEND}")
    tarball = VENV / "chromium.tgz"
    with step("Fetching Chromium"):
        fetch(TARBALL, digest=TARBALL_SHA512, algorithm="sha512", into=tarball)
        draft = UNPACKED.with_name(f".chromium.{os.getpid()}")
        _unpack(tarball, draft)
        tarball.unlink()
        draft.replace(UNPACKED)
    return chromium


def _unpack(tarball: Path, into: Path) -> None:
    # In the tests' packages only, and so not at the top.
    import brotli

    into.mkdir()
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            path = Path(member.name)
            file = archive.extractfile(member) if path.suffix == ".br" else None
            if file is None:
                continue
            content = brotli.decompress(file.read())
            if path.name.endswith(".tar.br"):
                _unpack_inner(content, into)
            else:
                (into / path.stem).write_bytes(content)
                (into / path.stem).chmod(0o755)


def _unpack_inner(content: bytes, into: Path) -> None:
    # Python 3.11.2 knows no extraction filter. The archive is known by its digest.
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(into)  # noqa: S202


def _library_path(chromium: Path) -> dict[str, str]:
    if chromium.parent != UNPACKED:
        return {}
    return {"LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib")}


def _playwright_node() -> dict[str, str]:
    """Playwright's own node needs libatomic, which a bare Debian lacks."""
    if _node_runs():
        return {}
    if node := shutil.which("node"):
        return {"PLAYWRIGHT_NODEJS_PATH": node}
    if _apt_install("libatomic1") and _node_runs():
        return {}
    raise Stop(
        "Playwright's node does not start on this system. "
        "Mend it with: apt-get install libatomic1 (as root)."
    )


def _node_runs() -> bool:
    import playwright

    node = Path(playwright.__file__).parent / "driver" / "node"
    return subprocess.run([node, "--version"], capture_output=True, check=False).returncode == 0


def _try_out(chromium: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [chromium, *FLAGS, "--dump-dom", "data:text/html,<p>works</p>"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    if "works" not in done.stdout:
        raise Stop(f"{chromium} does not start:\n{last_lines(done.stdout, 4)}\n{MEND}")
