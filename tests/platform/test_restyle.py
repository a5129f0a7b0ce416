from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.inbox.restyle import restyle


def body(source: str) -> str:
    html = restyle(source, stylesheet="/style.css").html
    return html.partition("<body>")[2].removesuffix("</body></html>")


def test_one_style_makes_one_class_wherever_it_stands() -> None:
    done = restyle('<p style="color:red">a</p><i style="color:red">b</i>', stylesheet="/s.css")
    (name,) = set(re.findall(r'class="(m-[0-9a-f]+)"', done.html))
    assert done.html.count(name) == 2
    assert done.css == f".{name} {{ color:red }}\n"


def test_classes_of_the_mail_stay() -> None:
    assert re.search(r'class="box m-[0-9a-f]+"', body('<p class="box" style="color:red">'))


def test_style_sheets_of_the_mail_move_out() -> None:
    done = restyle("<style>p { margin: 0 }</style><p>a</p>", stylesheet="/s.css")
    assert "margin" not in done.html
    assert "p { margin: 0 }" in done.css


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>a &lt;b&gt; &amp; c</p>", "<p>a &lt;b&gt; &amp; c</p>"),
        ("<script>bad()</script>a", "a"),
        ("a<iframe src='x'>b</iframe>c", "ac"),
        ("<form action='/x'><p>a</p></form>b", "b"),
        ("<head><title>t</title><meta charset='x'></head>a", "a"),
        ("<p onclick='bad()'>a</p>", "<p>a</p>"),
        ("<img src='https://spy.example/x.gif' alt='x'>", '<img alt="x">'),
        ("<img src='data:image/png;base64,AA=='>", '<img src="data:image/png;base64,AA==">'),
        ("<body class='b'>a</body>", '<div class="b">a</div>'),
        ("<br/>a<hr>", "<br>a<hr>"),
        (
            "<a href='https://x.example/' target='_top'>a</a>",
            '<a href="https://x.example/" target="_blank" rel="noopener noreferrer">a</a>',
        ),
        (
            "<a href='javascript:bad()'>a</a>",
            '<a target="_blank" rel="noopener noreferrer">a</a>',
        ),
    ],
)
def test_it_shows_what_is_harmless_and_drops_the_rest(source: str, shown: str) -> None:
    assert body(source) == shown


@given(st.text(alphabet="<>/\"'= abpstylecrion:;{}&\n", max_size=200))
def test_nothing_active_is_left_whatever_arrives(source: str) -> None:
    shown = body(source).lower()
    tags = re.findall(r"<[a-z][^>]*>", shown)
    assert not any(re.search(r"\s(?:style|on\w+)=", tag) for tag in tags)
    assert "<script" not in shown
    assert "<style" not in shown
