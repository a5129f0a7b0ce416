"""Make a mail's HTML fit a strict policy: its inline styles become a style sheet.

Mail carries its styles inline, because mail programs demand it; our pages forbid inline styles.
The mail is shown with the same look and without loosening the policy: every `style` attribute
becomes a class, and scripts, forms and remote content are left out.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

DROPPED = {"script", "iframe", "object", "embed", "form", "base", "link", "meta", "noscript"}
VOID = {
    "area",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
_ADDRESS = re.compile(r"(?:https?:|mailto:)", re.IGNORECASE)


@dataclass(frozen=True)
class Restyled:
    html: str
    css: str


def restyle(source: str, *, stylesheet: str) -> Restyled:
    """The document with a link to `stylesheet`, and what that sheet must say."""
    parser = _Restyler()
    parser.feed(source)
    parser.close()
    link = f'<meta charset="utf-8"><link rel="stylesheet" href="{html.escape(stylesheet)}">'
    document = f"<!doctype html><html><head>{link}</head><body>{''.join(parser.out)}</body></html>"
    rules = [*parser.sheets, *(f".{name} {{ {css} }}" for name, css in parser.rules.items())]
    return Restyled(document, "\n".join(rules) + "\n")


class _Restyler(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.rules: dict[str, str] = {}
        self.sheets: list[str] = []
        self._silent = 0
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._in_style = True
        elif tag in DROPPED or tag == "title":
            self._silent += tag not in VOID
        elif tag == "body":
            # The document has a body of its own; this one's look goes to a box inside it.
            self._write("div", attrs)
        elif tag not in ("html", "head"):
            self._write(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED and tag not in ("style", "title"):
            self._write(tag, attrs)
            if tag not in VOID:
                self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False
        elif tag in DROPPED or tag == "title":
            self._silent = max(0, self._silent - (tag not in VOID))
        elif self._silent:
            return
        elif tag == "body":
            self.out.append("</div>")
        elif tag not in VOID and tag not in ("html", "head"):
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.sheets.append(data)
        elif not self._silent:
            self.out.append(html.escape(data, quote=False))

    def _write(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        kept = [
            f'{name}="{html.escape(value or "")}"' for name, value in self._attributes(tag, attrs)
        ]
        self.out.append(f"<{' '.join([tag, *kept])}>")

    def _attributes(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> list[tuple[str, str | None]]:
        given = dict(attrs)
        classes = [*filter(None, [given.pop("class", None)]), *self._classes(given)]
        kept = [(name, value) for name, value in given.items() if _is_harmless(name, value)]
        if classes:
            kept.append(("class", " ".join(classes)))
        if tag == "a":
            # A link leaves the frame; our pages cannot be shown inside it.
            kept = [(name, value) for name, value in kept if name not in ("target", "rel")]
            kept += [("target", "_blank"), ("rel", "noopener noreferrer")]
        return kept

    def _classes(self, given: dict[str, str | None]) -> list[str]:
        css = re.sub(r"[{}<>@\\]", "", given.pop("style", None) or "").strip()
        if not css:
            return []
        name = f"m-{hashlib.sha256(css.encode()).hexdigest()[:10]}"
        self.rules[name] = css
        return [name]


def _is_harmless(name: str, value: str | None) -> bool:
    if name.startswith("on") or name in ("srcset", "action", "formaction", "background", "ping"):
        return False
    if name == "href":
        return bool(_ADDRESS.match((value or "").strip()))
    if name == "src":
        return (value or "").startswith("data:image/")
    return True
