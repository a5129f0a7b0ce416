"""Writes what the product prints now into every case: `python -m tests.golden.write`.

Look at the difference before keeping it. `members.txt` is never written: who is in a cohort
follows from the rows and the definition, not from the product.
"""

from __future__ import annotations

from cohorts.sql.dialects import DIALECTS
from tests.golden.reading import HERE, list_cases


def main() -> None:
    for case in list_cases():
        folder = HERE / case.name
        for dialect in DIALECTS:
            (folder / f"{dialect}.sql").write_text(case.compile(dialect), encoding="utf-8")
        (folder / "sentence.txt").write_text(case.tell(), encoding="utf-8")
        (folder / "sentence.ja.txt").write_text(case.tell("ja"), encoding="utf-8")


if __name__ == "__main__":
    main()
