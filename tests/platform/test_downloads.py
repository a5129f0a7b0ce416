from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launcher import downloads
from launcher.console import Stop

CONTENT = b"a wheel"
INDEX = b'<a href="../../files/pip-26.3-py3-none-any.whl#sha256=abc">pip</a>'


class Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        pages = {"/simple/pip/": INDEX, "/files/pip-26.3-py3-none-any.whl": CONTENT}
        page = pages.get(self.path)
        self.send_response(200 if page else 404)
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("as_text", [bytes.hex, lambda raw: base64.b64encode(raw).decode()])
def test_it_keeps_a_file_with_the_right_digest(server: str, tmp_path: Path, as_text) -> None:
    digest = as_text(hashlib.sha512(CONTENT).digest())
    url = f"{server}/files/pip-26.3-py3-none-any.whl"
    downloads.fetch(url, digest=digest, algorithm="sha512", into=tmp_path / "new/file")
    assert (tmp_path / "new/file").read_bytes() == CONTENT


def test_it_refuses_any_other_file(server: str, tmp_path: Path) -> None:
    url = f"{server}/files/pip-26.3-py3-none-any.whl"
    with pytest.raises(Stop, match="not the file it should be"):
        downloads.fetch(url, digest="0" * 64, algorithm="sha256", into=tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_it_takes_pip_from_an_index_of_ones_own(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{server}/simple")
    wheel = "https://files.pythonhosted.org/packages/07/pip-26.3-py3-none-any.whl"
    digest = hashlib.sha256(CONTENT).hexdigest()
    downloads.fetch_wheel(wheel, digest=digest, into=tmp_path / "pip.whl")
    assert (tmp_path / "pip.whl").read_bytes() == CONTENT


def test_it_says_what_could_not_be_read(server: str, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"/files/none could not be read.*network reachable"):
        downloads.fetch(f"{server}/files/none", digest="", algorithm="sha256", into=tmp_path / "f")
