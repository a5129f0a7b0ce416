"""How fast does an import deliver? Ids per second, end to end and in parts.

A cohort of N users is imported into the sandbox. Beside it the same client posts the same bodies to
a server that only answers: what the wire and the client can do at most. Both with 0 and 50 ms of
latency before each answer.

python3 run.py bench import [--users 100000]
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.campaigns.shop import connect, define, load_shop
from benchmarks.campaigns.world import KEY, PARTNER_KEY, World, open_world

LATENCIES_MS = (0, 50)
BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    options = parser.parse_args()
    with open_world() as world:
        dataset = load_shop(world.folder, users=options.users)
        connection = connect(world.sandbox_url, KEY)
        print(f"Import of {options.users:,} ids in batches of {BATCH:,}")
        heads = f"{'import':>13} {'of it sending':>13} {'only posting':>13} {'share':>7}"
        print(f"{'latency':>10} {heads}")
        for number, latency in enumerate(LATENCIES_MS):
            slug = f"cohort-{number}"
            define(dataset, slug, 0)
            faults = [{"path": "/cohorts/users", "times": None, "delay_ms": latency}]
            world.control("POST", "faults", faults if latency else [])
            whole, sending = time_import(slug, connection)
            posting = time_posting(options.users, latency)
            rates = [options.users / seconds for seconds in (whole, sending, posting)]
            cells = " ".join(f"{rate:>10,.0f} /s" for rate in rates)
            print(f"{latency:>7} ms {cells} {100 * rates[1] / rates[2]:>5.0f} %", flush=True)
            _check_all_arrived(world, slug, options.users)
    return 0


def time_import(slug: str, connection: object) -> tuple[float, float]:
    """Seconds from the request to the end, and from the first batch sent to the last answer."""
    from django.db.models import Max, Min

    from cohorts.models import Cohort
    from integrations.execution import work_on
    from integrations.models import ImportBatch
    from integrations.runs import request_import

    started = time.monotonic()
    cohort = Cohort.objects.get(slug=slug)
    run = request_import(cohort, connection=connection, trigger="manual")
    while not run.is_final:
        work_on(run.pk)
        run.refresh_from_db()
    whole = time.monotonic() - started
    if run.state != "succeeded":
        raise SystemExit(f"The import ended {run.state}: {run.error_message}")
    times = ImportBatch.objects.filter(run=run).aggregate(
        first=Min("first_sent_at"), last=Max("answered_at")
    )
    return whole, (times["last"] - times["first"]).total_seconds()


def time_posting(users: int, latency_ms: int) -> float:
    from integrations.braze.destination import BrazeDestination

    ids = [f"u{number:05}" for number in range(users)]
    with _answering_server(latency_ms) as url:
        destination = BrazeDestination(url, "kubit", PARTNER_KEY, KEY)
        with closing(destination):
            started = time.monotonic()
            for start in range(0, users, BATCH):
                answer = destination.send("coh", ids[start : start + BATCH], [])
                if not answer.is_accepted:
                    raise SystemExit(answer.message)
            return time.monotonic() - started


@contextmanager
def _answering_server(latency_ms: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(latency_ms / 1000)
            body = b'{"message": "success"}'
            self.send_response(201)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _check_all_arrived(world: World, slug: str, users: int) -> None:
    from integrations.models import Ledger

    ledger = Ledger.objects.get(cohort__slug=slug)
    found = world.control("GET", f"cohorts/{ledger.braze_cohort_id}?count=1")["size"]
    if found != users:
        raise SystemExit(f"{found:,} of {users:,} arrived")


if __name__ == "__main__":
    sys.exit(main())
