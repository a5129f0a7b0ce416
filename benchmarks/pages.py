"""Server time, queries and weight of every list page, on a database of a large installation.

python3 run.py bench pages [--quick]

Seeds a SQLite database in a temporary folder with 2,000 cohorts, 500 schedules, 50,000 runs and
500 event names, signs a person in and asks for each page by Django's own client: what is measured
is the server's work without the network. The weight is that of a first visit: the page and every
file it names, compressed.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

REPEATS = 15
LIMIT_MS, LIMIT_QUERIES, LIMIT_KB = 150, 12, 250
PAGES = {
    "Dashboard": "/",
    "Existing Cohorts": "/cohorts/",
    "  searched": "/cohorts/?q=users",
    "  by tag": "/cohorts/?tag=core",
    "  failed": "/cohorts/?import=failed",
    "  by size": "/cohorts/?sort=-users",
    "  by import": "/cohorts/?sort=-imported",
    "  last page": "/cohorts/?page=40",
    "Schedule": "/schedule/",
    "Calendar, month": "/schedule/calendar/",
    "Calendar, week": "/schedule/calendar/?view=week",
    "Calendar, day": "/schedule/calendar/?view=day",
    "Import history": "/imports/",
    "  with a state": "/imports/?state=failed",
    "  the end": "/imports/?page=1000",
    "Notifications": "/notices/",
    "Search": "/search/?q=event",
    "Data": "/data/",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py bench pages")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "kubit_app.settings",
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""),
        }
        import django

        django.setup()
        from django.core.management import call_command

        from benchmarks.pages_seed import seed

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        user = seed(scale=10 if quick else 1)
        return measure(user)


def measure(user: object) -> int:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client(headers={"accept-encoding": "gzip"})
    client.cookies["timezone"] = "Asia/Tokyo"
    client.force_login(user)  # type: ignore[arg-type]
    # Of a busy machine only the time of the processor says something.
    heads = ("median ms", "processor ms", "worst ms", "queries", "kB")
    print(f"{'Page':20} " + " ".join(f"{head:>12}" for head in heads))
    beyond = 0
    for name, url in PAGES.items():
        asked: list[str] = []
        with connection.execute_wrapper(counting(asked)):
            answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        times, spent = [], []
        for _ in range(REPEATS):
            started, used = time.perf_counter(), time.process_time()
            client.get(url)
            times.append(1000 * (time.perf_counter() - started))
            spent.append(1000 * (time.process_time() - used))
        weight = first_visit(answer.content, Path(settings.STATIC_ROOT)) / 1000
        took = median(times)
        bad = took > LIMIT_MS or len(asked) > LIMIT_QUERIES or weight > LIMIT_KB
        beyond += bad
        mark = "  beyond a limit" if bad else ""
        cells = (f"{took:.0f}", f"{median(spent):.0f}", f"{max(times):.0f}", f"{len(asked)}")
        figures = (*cells, f"{weight:.0f}")
        print(f"{name:20} " + " ".join(f"{each:>12}" for each in figures) + mark, flush=True)
    print(f"\nLimits: {LIMIT_MS} ms, {LIMIT_QUERIES} queries, {LIMIT_KB} kB.")
    return int(bool(beyond))


def counting(asked: list[str]) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, parameters, many, context)

    return wrapper


def first_visit(page: bytes, static: Path) -> int:
    """Bytes over the wire: the page, and all that it and its style sheets and scripts name."""
    size, waiting, seen = len(gzip.compress(page)), names_in(page, ""), set()
    while waiting:
        name = waiting.pop()
        path = (static / name).resolve()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        packed = [path.with_name(path.name + ending) for ending in (".br", ".gz")]
        size += next(
            (each.stat().st_size for each in packed if each.is_file()), path.stat().st_size
        )
        if path.suffix in (".css", ".js"):
            waiting |= names_in(path.read_bytes(), str(Path(name).parent))
    return size


def names_in(text: bytes, folder: str) -> set[str]:
    content = text.decode("utf-8", "replace")
    if not folder:
        return set(re.findall(r'(?:src|href)="/static/([^"#]+)', content))
    relative = re.findall(r'url\(["\']?([^"\')#]+)|(?:from|import)\s*["\'](\.[^"\']+)', content)
    return {f"{folder}/{one or other}" for one, other in relative}


if __name__ == "__main__":
    sys.exit(main())
