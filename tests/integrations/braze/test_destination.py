from __future__ import annotations

import gzip
import json
import logging
import socket
import ssl
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.braze.destination import Answer, BadBatch, BrazeDestination, Outcome
from tests.integrations.braze.certificate import write_certificate
from tests.integrations.braze.wire_server import (
    Play,
    WireServer,
    answer,
    hangs_up_after,
    reset,
    sends,
)

PARTNER_KEY = "partner-canary-1f/+&"
DATA_KEY = 'data-canary-9e"é'
BOMB = gzip.compress(bytes(50_000_000))


def destination(url: str, **options: float) -> BrazeDestination:
    return BrazeDestination(url, "kubit", PARTNER_KEY, DATA_KEY, **options)


def send_to(play: Play, *, deadline: float = 5, read_bytes: int | None = None) -> Answer:
    with (
        WireServer(play, read_bytes=read_bytes) as server,
        closing(destination(server.url, deadline=deadline)) as braze,
    ):
        return braze.send("coh_1", ["a"], ["b"])


def body_of(request: bytes) -> dict[str, object]:
    return json.loads(request.partition(b"\r\n\r\n")[2])


def test_it_sends_additions_and_removals_in_one_compact_utf8_request() -> None:
    with (
        WireServer(sends(answer())) as server,
        closing(destination(server.url)) as braze,
    ):
        assert braze.send("coh_1", ["ü1", "名前"], ["b"]).kind == "accepted"
        request = server.requests[0]
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /partners/kubit/cohorts/users HTTP/1.1")
    assert b"Content-Type: application/json" in head
    assert "名前".encode() in body
    assert b": " not in body
    assert json.loads(body) == {
        "partner_api_key": PARTNER_KEY,
        "client_secret": DATA_KEY,
        "cohort_id": "coh_1",
        "cohort_changes": [
            {"user_ids": ["ü1", "名前"]},
            {"user_ids": ["b"], "should_remove": True},
        ],
    }


@pytest.mark.parametrize(
    ("add", "remove", "changes"),
    [
        (["a"], [], [{"user_ids": ["a"]}]),
        ([], ["b"], [{"user_ids": ["b"], "should_remove": True}]),
    ],
)
def test_it_leaves_an_empty_side_out(add: list, remove: list, changes: list) -> None:
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        braze.send("coh_1", add, remove)
        assert body_of(server.requests[0])["cohort_changes"] == changes


def test_it_names_a_cohort_with_its_first_time_in_utc() -> None:
    created = datetime.fromisoformat("2024-05-01T09:30:00.120+09:00")
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        assert braze.name_cohort("coh_1", "High value", created).is_accepted
        assert server.requests[0].startswith(b"POST /partners/kubit/cohorts HTTP/1.1")
        body = body_of(server.requests[0])
    assert body["created_at"] == "2024-05-01T00:30:00.120Z"
    assert (body["cohort_id"], body["name"]) == ("coh_1", "High value")


def test_it_checks_the_keys_by_a_change_of_nobody() -> None:
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        assert braze.check().is_accepted
        assert body_of(server.requests[0])["cohort_changes"] == []


def test_it_keeps_one_connection_for_many_requests() -> None:
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        assert all(braze.send("coh_1", [f"u{n}"], []).is_accepted for n in range(20))
        assert server.connections == 1


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        ([], []),
        ([f"u{n}" for n in range(1001)], []),
        ([f"u{n}" for n in range(600)], [f"r{n}" for n in range(401)]),
        (["a", "a"], []),
        (["a"], ["a"]),
        ([""], []),
        (["x" * 999 + str(n) for n in range(1000)], []),
        (["\ud800"], []),
    ],
)
def test_it_refuses_to_send_a_batch_that_breaks_the_rules(add: list, remove: list) -> None:
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - BadBatch is one of two
            braze.send("coh_1", add, remove)
        assert server.requests == []
    assert "canary" not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_a_thousand_ids_of_the_longest_size_just_fit() -> None:
    ids = [f"{n:04}" + "x" * 983 for n in range(1000)]
    with WireServer(sends(answer())) as server, closing(destination(server.url)) as braze:
        assert braze.send("coh_1", ids, []).is_accepted


@pytest.mark.parametrize("name", ["", "  ", "n" * 256])
def test_it_refuses_a_name_that_braze_would_refuse(name: str) -> None:
    with closing(destination("http://127.0.0.1:9")) as braze, pytest.raises(BadBatch):
        braze.name_cohort("coh_1", name, datetime.now(UTC))


def test_a_refused_connection_is_certainly_not_applied() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with closing(destination(f"http://127.0.0.1:{port}")) as braze:
            found = braze.send("coh_1", ["a"], [])
    assert (found.outcome, found.kind, found.retry) == (Outcome.REFUSED, "unreachable", True)
    assert found.status is None


def test_a_name_that_does_not_exist_is_certainly_not_applied() -> None:
    with closing(destination("https://braze.invalid")) as braze:
        found = braze.check()
    assert (found.outcome, found.kind, found.retry) == (Outcome.REFUSED, "name_not_found", True)
    assert "braze.invalid" in found.message


def test_a_name_server_that_stays_silent_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(30))
    with closing(destination("https://slow.invalid", connect_timeout=0.2)) as braze:
        found = braze.check()
    release.set()
    assert (found.outcome, found.kind) == (Outcome.REFUSED, "name_not_found")


def test_a_dead_first_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(sends(answer())) as server, socket.create_server(("127.0.0.1", 0)) as dead:
        dead_port = dead.getsockname()[1]
        dead.close()
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, port, **kwargs: [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", dead_port)),
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
            ],
        )
        with closing(destination("http://two.invalid")) as braze:
            assert braze.check().is_accepted


def test_plain_text_where_tls_was_expected_is_certainly_not_applied() -> None:
    plain = sends(b"HTTP/1.1 200 OK\r\n\r\n")
    with (
        WireServer(plain, read_bytes=1) as server,
        closing(destination(server.url.replace("http", "https"))) as braze,
    ):
        found = braze.send("coh_1", ["a"], [])
    assert (found.outcome, found.kind, found.retry) == (Outcome.REFUSED, "tls", True)


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """What a server of 127.0.0.1 needs; its certificate lies in `cert.pem`."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    write_certificate(key, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def _trusted(tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "cert.pem"))


def test_a_certificate_nobody_vouches_for_is_not_accepted(tls: ssl.SSLContext) -> None:
    with (
        WireServer(sends(answer()), tls=tls) as server,
        closing(destination(server.url)) as braze,
    ):
        found = braze.send("coh_1", ["a"], [])
        assert server.requests == []
    assert (found.outcome, found.kind) == (Outcome.REFUSED, "tls")


@pytest.mark.usefixtures("_trusted")
def test_it_speaks_over_tls_and_keeps_the_connection(tls: ssl.SSLContext) -> None:
    with (
        WireServer(sends(answer()), tls=tls) as server,
        closing(destination(server.url)) as braze,
    ):
        assert all(braze.send("coh_1", [f"u{n}"], []).is_accepted for n in range(5))
        assert (server.connections, len(server.requests)) == (1, 5)


@pytest.mark.usefixtures("_trusted")
def test_an_answer_that_drips_over_tls_is_cut_off(tls: ssl.SSLContext) -> None:
    slow = drip(answer(b'{"message":"success"}' + b" " * 1000), 0.02)
    with (
        WireServer(slow, tls=tls) as server,
        closing(destination(server.url, deadline=0.6)) as braze,
    ):
        found = braze.send("coh_1", ["a"], [])
        again = braze.send("coh_1", ["a"], [])
    assert (found.outcome, found.kind) == (Outcome.UNKNOWN, "truncated")
    assert again.outcome is Outcome.UNKNOWN


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_of_another_host_is_not_accepted(tls: ssl.SSLContext) -> None:
    with (
        WireServer(sends(answer()), tls=tls) as server,
        closing(destination(server.url.replace("127.0.0.1", "localhost"))) as braze,
    ):
        assert braze.check().kind == "tls"
        assert server.requests == []


def test_a_handshake_that_never_ends_is_cut_off() -> None:
    waiting = threading.Event()

    def play(peer: socket.socket, request: bytes) -> None:
        waiting.wait(20)

    with WireServer(play, read_bytes=1) as server:
        with closing(destination(server.url.replace("http", "https"), deadline=0.5)) as braze:
            found = braze.send("coh_1", ["a"], [])
        waiting.set()
    assert (found.outcome, found.kind) == (Outcome.REFUSED, "tls")


def drip(data: bytes, pause: float) -> Play:
    def play(peer: socket.socket, request: bytes) -> None:
        stop = threading.Event()
        for number in range(len(data)):
            peer.sendall(data[number : number + 1])
            stop.wait(pause)

    return play


@pytest.mark.parametrize(
    "data",
    [
        answer(b'{"message":"success"}' + b" " * 1000),
        b"HTTP/1.1 201 Created\r\n" + b"X-Filler: 1\r\n" * 80 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 40 + answer(),
    ],
    ids=["body", "headers", "interim answers"],
)
def test_an_answer_that_drips_is_cut_off_at_the_deadline(data: bytes) -> None:
    # Left alone, each would end well after some twenty seconds.
    found = send_to(drip(data, 0.02), deadline=0.6)
    assert found.outcome is Outcome.UNKNOWN
    assert found.retry


def test_a_peer_that_never_reads_is_cut_off_at_the_deadline() -> None:
    waiting = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ids = [f"{n:04}" + "x" * 980 for n in range(1000)]
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with closing(destination(url, deadline=0.6)) as braze:
            found = braze.send("coh_1", ids, [])
        waiting.set()
    assert (found.outcome, found.kind, found.retry) == (Outcome.UNKNOWN, "no_answer", True)


def test_silence_after_the_request_may_have_taken_effect() -> None:
    waiting = threading.Event()
    found = send_to(lambda peer, request: waiting.wait(10), deadline=0.4)
    waiting.set()
    assert (found.outcome, found.kind, found.retry) == (Outcome.UNKNOWN, "no_answer", True)


def test_the_next_call_after_a_cut_off_one_works() -> None:
    waiting, calls = threading.Event(), []

    def play(peer: socket.socket, request: bytes) -> None:
        calls.append(request)
        if len(calls) == 1:
            waiting.wait(10)
        else:
            peer.sendall(answer())

    with WireServer(play) as server, closing(destination(server.url, deadline=0.5)) as braze:
        assert braze.send("coh_1", ["a"], []).outcome is Outcome.UNKNOWN
        assert braze.send("coh_1", ["a"], []).is_accepted
        waiting.set()


@pytest.mark.parametrize(
    ("play", "read_bytes", "kind"),
    [
        (reset, 40, "connection_lost"),
        (reset, None, "connection_lost"),
        (hangs_up_after(b""), None, "connection_lost"),
        (hangs_up_after(b"HTTP/1.1 20"), None, "connection_lost"),
        (hangs_up_after(b"HTTP/1.1 201 Cre"), None, "truncated"),
        (hangs_up_after(b"HTTP/1.1 201 Created\r\nContent-Le"), None, "truncated"),
        (hangs_up_after(answer()[:-5]), None, "truncated"),
        (hangs_up_after(b"HTTP/1.1 201 Created\r\n\r\n"), None, "truncated"),
        (hangs_up_after(b'HTTP/1.1 201 Created\r\n\r\n{"messa'), None, "not_braze"),
        (sends(b"nonsense\r\n\r\n"), None, "connection_lost"),
        (sends(answer(b"<html>Log in</html>", "200 OK")), None, "not_braze"),
        (sends(answer(b'{"message": "succ')), None, "not_braze"),
        (sends(answer(b'["success"]')), None, "not_braze"),
        (sends(answer(b'{"message":"fatal error"}')), None, "odd_answer"),
        (sends(answer(b"x" * 70_000)), None, "truncated"),
        (sends(answer(BOMB, "200 OK", "Content-Encoding: gzip")), None, "truncated"),
        (sends(answer(b"junk", "200 OK", "Content-Encoding: br")), None, "truncated"),
        (sends(answer(b"{}", "500 Internal Server Error")), None, "server_error"),
        (sends(answer(b"<html></html>", "503 Service Unavailable")), None, "server_error"),
    ],
)
def test_an_answer_that_is_lost_or_odd_leaves_the_batch_in_doubt(
    play: Play, read_bytes: int | None, kind: str
) -> None:
    found = send_to(play, read_bytes=read_bytes)
    assert (found.outcome, found.kind, found.retry) == (Outcome.UNKNOWN, kind, True)


def test_it_reads_no_more_than_64_kb_of_an_endless_answer() -> None:
    written = []

    def play(peer: socket.socket, request: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
        for _ in range(800):
            peer.sendall(bytes(65536))
            written.append(65536)

    assert send_to(play).kind == "truncated"
    # What fits the buffers of both sockets may have been written; 50 MB were not.
    assert sum(written) < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_it_understands_a_compressed_answer_that_it_did_not_ask_for(encoding: str) -> None:
    body = b'{"message":"success"}'
    packed = gzip.compress(body) if encoding == "gzip" else body
    found = send_to(sends(answer(packed, "201 Created", f"Content-Encoding: {encoding}")))
    assert found.kind == "accepted"


def test_an_answer_without_a_length_that_is_whole_counts() -> None:
    whole = b'HTTP/1.1 201 Created\r\n\r\n{"message":"success"}'
    assert send_to(hangs_up_after(whole)).kind == "accepted"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_never_follows_a_redirect(status: int) -> None:
    with WireServer(sends(answer())) as elsewhere:
        location = f"Location: {elsewhere.url}/partners/kubit/cohorts/users?k={DATA_KEY[:9]}"
        found = send_to(sends(answer(b"", f"{status} Moved", location)))
        assert elsewhere.connections == 0
    assert (found.outcome, found.kind, found.retry) == (Outcome.REFUSED, "redirected", False)
    assert elsewhere.url in found.message


def test_a_redirect_with_a_huge_body_is_not_read() -> None:
    written = []

    def play(peer: socket.socket, request: bytes) -> None:
        head = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 52428800"
        peer.sendall(head.encode() + b"\r\n\r\n")
        for _ in range(800):
            peer.sendall(bytes(65536))
            written.append(65536)

    assert send_to(play).kind == "redirected"
    assert sum(written) < 20_000_000


def test_it_ignores_the_proxies_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(sends(answer())) as trap, WireServer(sends(answer())) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, trap.url)
        monkeypatch.setenv("no_proxy", "")
        with closing(destination(server.url)) as braze:
            assert braze.check().is_accepted
        assert trap.connections == 0


def test_it_keeps_no_cookies() -> None:
    set_cookie = answer(b"{}", "201 Created", "Set-Cookie: session=1; Path=/")
    with WireServer(sends(set_cookie)) as server, closing(destination(server.url)) as braze:
        braze.check()
        braze.check()
        assert b"ookie" not in server.requests[1]


@pytest.mark.parametrize(
    "echo",
    [
        DATA_KEY,
        "data-canary-9e%22%C3%A9",
        'data-canary-9e\\"\\u00e9',
        "ZGF0YS1jYW5hcnktOWUiw6k=",
        PARTNER_KEY,
        "partner-canary-1f%2F%2B%26",
    ],
)
def test_no_key_comes_back_in_any_form(echo: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = json.dumps({"message": f"odd: {echo}", "errors": [f"key {echo} is odd"]})
    for status in ("201 Created", "400 Bad Request", "401 Unauthorized", "403 Forbidden"):
        found = send_to(sends(answer(said.encode(), status, f"Location: /{echo}")))
        assert echo not in repr(found)
        assert "canary" not in repr(found)
    assert "canary" not in caplog.text


def test_no_member_id_comes_back() -> None:
    said = b'{"message":"success","errors":["a is no user", {"type":"bad","id":"a"}]}'
    found = send_to(sends(answer(said)))
    assert found.warnings == ("•••• is no user", "bad")


def test_its_repr_hides_the_keys() -> None:
    with closing(destination("http://127.0.0.1:9")) as braze:
        assert "canary" not in repr(braze)
        assert "canary" not in repr(braze._caller._client)


@pytest.mark.parametrize(
    "url", ["ftp://a", "https://", "https://u:p@rest.iad-01.braze.com", "https://a?b", "a"]
)
def test_it_takes_no_base_url_of_another_form(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        destination(url)
