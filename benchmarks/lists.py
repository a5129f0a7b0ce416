"""How long a list of ids takes to become a static cohort, and how much memory.

By the command, and by the upload page: the whole request as the web server would hand it over,
with the longest that another thread of that process had to wait meanwhile. Each row is a process
of its own; the smaller list shows how memory grows.

python3 run.py bench lists [--rows 5000000]
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.campaigns.shop import load_shop
from benchmarks.campaigns.world import World, open_world
from benchmarks.memory import peak_memory
from launcher.layout import ROOT

USERS = 20_000
BOUNDARY = "list-of-ids"
TOKEN = "t" * 32


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--post", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.save or options.post:
        told = save(options.save) if options.save else post(options.post)
        print(json.dumps(told | {"peak": peak_memory()}))
        return 0
    with open_world() as world:
        load_shop(world.folder, users=USERS)
        print(
            f"{'by':<8} {'rows':>10} {'CSV':>7} {'time':>8} {'rows/s':>9} {'peak':>8} {'wait':>8}"
        )
        for rows in (options.rows // 10, options.rows):
            file = world.folder / f"{rows}.csv"
            write_list(file, rows)
            print_row("command", rows, file, run(world, "--save", file))
            print_row("page", rows, file, run(world, "--post", write_body(file)))
    return 0


def print_row(name: str, rows: int, file: Path, told: dict[str, float]) -> None:
    size, seconds = file.stat().st_size / 1e6, told["seconds"]
    wait = f"{told['wait'] * 1000:,.0f} ms" if "wait" in told else ""
    print(
        f"{name:<8} {rows:>10,} {size:>4,.0f} MB {seconds:>6.1f} s {rows / seconds:>9,.0f} "
        f"{told['peak']:>5,.0f} MB {wait:>8}",
        flush=True,
    )


def write_list(path: Path, rows: int) -> None:
    """Every hundredth row is blank, every fiftieth stands twice; most ids are unknown."""
    with path.open("w") as file:
        file.write("name,user_id\n")
        for number in range(rows):
            known = "" if number % 100 == 99 else f"u{number - number % 50 // 49:05}"
            file.write(f"somebody,{known}\n")


def write_body(file: Path) -> Path:
    """The body of the request, in a file as a proxy would keep it."""
    body = file.with_suffix(".body")
    fields = {"csrfmiddlewaretoken": TOKEN, "name": f"By page {file.stem}", "dataset": "shop"}
    fields |= {"header": "detect", "column": ""}
    start = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    with body.open("wb") as target, file.open("rb") as source:
        for name, value in fields.items():
            target.write(f'{start}"{name}"\r\n\r\n{value}\r\n'.encode())
        target.write(f'{start}"file"; filename="ids.csv"\r\n\r\n'.encode())
        shutil.copyfileobj(source, target)
        target.write(f"\r\n--{BOUNDARY}--\r\n".encode())
    return body


def run(world: World, option: str, file: Path) -> dict[str, float]:
    """In a process of its own, so that the peak is that of this list."""
    command = [sys.executable, "-m", "benchmarks.lists", option, str(file)]
    ended = subprocess.run(command, cwd=ROOT, env=world.environ, capture_output=True, check=False)
    if ended.returncode:
        raise SystemExit(ended.stderr.decode() or f"It ended with {ended.returncode}.")
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told


def save(file: Path) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    started = time.monotonic()
    call_command("save_list", f"by-command-{file.stem}", str(file), dataset="shop")
    return {"seconds": time.monotonic() - started}


def post(body: Path) -> dict[str, Any]:
    """One request to the upload page; the process is one of the web server's."""
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    environ = _environ(body)
    handler, statuses = WSGIHandler(), []
    ticker = Ticker()
    started = time.monotonic()
    with body.open("rb") as file, ticker:
        environ["wsgi.input"] = file
        answer = handler(environ, lambda status, headers: statuses.append(status))
        answer.close()
    seconds = time.monotonic() - started
    if statuses != ["302 Found"]:
        raise SystemExit(f"The page answered {statuses}.")
    return {"seconds": seconds, "wait": ticker.longest}


def _environ(body: Path) -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse

    client = Client()
    user, _ = get_user_model().objects.get_or_create(
        username="keeper", defaults={"is_superuser": True, "is_staff": True}
    )
    client.force_login(user)
    session = client.cookies["sessionid"].value
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": reverse("cohorts:upload"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(body.stat().st_size),
        "HTTP_COOKIE": f"sessionid={session}; csrftoken={TOKEN}",
        "HTTP_HOST": "127.0.0.1",
    }


class Ticker(threading.Thread):
    """Another request of the process: it wants a moment every 10 ms. `longest` is by how much
    it was late at worst, in seconds."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            self.longest = max(self.longest, time.monotonic() - before - 0.01)

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


if __name__ == "__main__":
    sys.exit(main())
