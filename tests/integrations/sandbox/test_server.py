"""HTTP on the wire: framing, many clients, and large bodies."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.integrations.sandbox.driver import PARTNER_KEY, SECRET, Driver

HEAD = b"POST /partners/kubit/cohorts/users HTTP/1.1\r\nHost: localhost\r\n"
TYPE = b"Content-Type: application/json\r\n"
BODY = json.dumps(
    {
        "partner_api_key": PARTNER_KEY,
        "client_secret": SECRET,
        "cohort_id": "c1",
        "cohort_changes": [{"user_ids": ["user_1"]}],
    }
).encode()


def _talk(sandbox: Driver, *parts: bytes) -> bytes:
    """Send bytes as they are, then read until the other side is done."""
    with closing(socket.create_connection(("127.0.0.1", sandbox.port), timeout=20)) as line:
        for part in parts:
            line.sendall(part)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while block := line.recv(65536):
            answer += block
    return answer


def test_it_reads_a_body_in_chunks(sandbox: Driver) -> None:
    half = len(BODY) // 2
    chunks = [b"%x;note=1\r\n%b\r\n" % (len(p), p) for p in (BODY[:half], BODY[half:])]
    answer = _talk(
        sandbox, HEAD + TYPE + b"Transfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 201")
    assert sandbox.members() == ["user_1"]


def test_it_tells_a_careful_sender_to_go_on(sandbox: Driver) -> None:
    head = HEAD + TYPE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    answer = _talk(sandbox, head, BODY)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        (b"", b"400"),
        (b"Content-Length: x\r\n", b"400"),
        (b"Content-Length: -5\r\n", b"400"),
        (b"Content-Length: 99999999999999\r\n", b"413"),
        (b"Transfer-Encoding: gzip\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
def test_it_refuses_a_body_without_an_end(sandbox: Driver, framing: bytes, status: bytes) -> None:
    answer = _talk(sandbox, HEAD + TYPE + framing + b"\r\n")
    assert answer.split(b" ")[1] == status


def test_half_a_body_has_no_effect(sandbox: Driver) -> None:
    assert _talk(sandbox, HEAD + TYPE + b"Content-Length: 900\r\n\r\n" + BODY) == b""
    assert sandbox.state()["requests"] == 0


def test_it_answers_requests_sent_one_behind_the_other(sandbox: Driver) -> None:
    one = HEAD + TYPE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    assert _talk(sandbox, one * 3).count(b"HTTP/1.1 201") == 3


def test_ten_clients_lose_nothing(sandbox: Driver, fixture_data: dict[str, object]) -> None:
    del fixture_data["users"]
    sandbox.control("PUT", "fixture", fixture_data)

    def work(client: int) -> list[int]:
        with closing(sandbox.another()) as driver:
            return [driver.add(f"{client}-{n}", f"shared-{n}").status for n in range(20)]

    with ThreadPoolExecutor(10) as pool:
        statuses = [status for done in pool.map(work, range(10)) for status in done]
    assert statuses == [201] * 200
    wanted = {f"{client}-{n}" for client in range(10) for n in range(20)}
    assert set(sandbox.members()) == wanted | {f"shared-{n}" for n in range(20)}
    assert [entry["number"] for entry in sandbox.log()] == list(range(1, 201))


def test_it_writes_a_long_member_list(sandbox: Driver, fixture_data: dict[str, object]) -> None:
    members = [f"m{number:06d}" for number in range(12_345)]
    del fixture_data["users"]
    fixture_data["cohorts"] = {"c1": {"name": "Whales", "members": members[::-1]}}
    sandbox.control("PUT", "fixture", fixture_data)
    assert sandbox.members() == members
    assert sandbox.get("/_sandbox/cohorts/c1?count=1").json["size"] == 12_345


@pytest.mark.parametrize(
    "path",
    ["/static/../fixture.py", "/static/%2e%2e/%2e%2e/server.py", "/static//etc/passwd", "/static/"],
)
def test_it_serves_style_sheets_and_nothing_beside_them(sandbox: Driver, path: str) -> None:
    assert sandbox.get("/static/css/tokens.css").status == 200
    assert sandbox.get(path).status == 404
