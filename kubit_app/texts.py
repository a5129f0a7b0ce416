"""The texts people see, in other languages: taken from the code, kept in `locale/`, compiled.

    python3 run.py texts

Babel does what GNU gettext would, so no machine needs that installed. It is a tool of developers
alone: the compiled catalogues are committed, and the product only reads them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ja",)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_lazy": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
SOURCES = ("kubit_app/**/*.py", "cohorts/**/*.py", "integrations/**/*.py")
TEMPLATES = ("templates/**/*.html", "templates/**/*.txt", "integrations/**/templates/**/*.html")
COMMENT = "Translators:"
# Lines of the header that would differ with each run, or name nobody.
RESTLESS = (
    b"#\n",
    b"# ",
    b'"POT-',
    b'"PO-',
    b'"Last-',
    b'"Language-Team',
    b'"Report-',
    b'"Project-',
)


def main() -> None:
    found = find_texts()
    for language in LANGUAGES:
        catalogue = read_catalogue(language)
        catalogue.update(found, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_as_po(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(read_catalogue(language)))


def catalogue_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    """What is translated; an empty catalogue for a language that has none yet."""
    path = catalogue_path(language)
    content = path.read_bytes() if path.exists() else b""
    catalogue = read_po(io.BytesIO(content), locale=language, domain="django")
    catalogue.fuzzy = False
    # Else the header says when it was read, and no two compilations are the same.
    catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    return catalogue


def find_texts(paths: list[Path] | None = None) -> Catalog:
    """Every text in the given files, or in the whole product."""
    found = Catalog(domain="django")
    for path in source_files() if paths is None else paths:
        with path.open("rb") as file:
            for line, message, comments, context in _texts_of(path, file):
                where = [(path.relative_to(ROOT).as_posix(), line)]
                found.add(message, locations=where, auto_comments=comments, context=context)
    return found


def source_files() -> list[Path]:
    found = {path for pattern in (*SOURCES, *TEMPLATES) for path in ROOT.glob(pattern)}
    return sorted(path for path in found if "migrations" not in path.parts)


def compiled(catalogue: Catalog) -> bytes:
    whole = io.BytesIO()
    write_mo(whole, catalogue)
    return whole.getvalue()


def _texts_of(path: Path, file: BinaryIO) -> Iterator[tuple[int, Any, list[str], str | None]]:
    method: Any = extract_python if path.suffix == ".py" else _extract_template
    return iter(extract(method, file, KEYWORDS, (COMMENT,), {"encoding": "utf-8"}))


def _extract_template(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Any:
    """Django turns a template into calls that an extractor for Python can read."""
    code = templatize(file.read().decode("utf-8"))
    # What stood between the tags is only X and white space; an indent would be no Python.
    flat = "\n".join(line.strip() for line in code.splitlines())
    return extract_python(io.BytesIO(flat.encode("utf-8")), keywords, tags, options)


def _as_po(catalogue: Catalog) -> bytes:
    whole = io.BytesIO()
    # Without line numbers and in order of text, so that two changes seldom meet in one place.
    write_po(whole, catalogue, width=100, sort_output=True, include_lineno=False)
    lines = whole.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(RESTLESS))


if __name__ == "__main__":
    main()
