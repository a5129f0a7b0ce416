"""The same journey without a browser, on data that is not the demo's."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.browser.test_journey import sandbox_cohort
from tests.running_product import Product

SHOPPERS = 2300
NAME = "Repeat buyers"


def write_events(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "action", "at", "amount"])
        for number in range(SHOPPERS):
            for visit in range(1 + number % 4):
                row = [f"käufer {number}", "Purchase", f"2026-02-{visit + 1:02}T09:00:00Z"]
                writer.writerow([*row, f"{number / 10}"])


def definition(times: int) -> dict[str, Any]:
    condition = {"type": "performed", "event": "Purchase", "times": {"op": ">=", "value": times}}
    return {"version": 1, "match": "all", "conditions": [condition]}


def ok(product: Product, *arguments: str) -> str:
    done = product.manage(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sandbox_holds_exactly_the_ids_that_were_printed(product: Product, tmp_path: Path):
    events = tmp_path / "events.csv"
    write_events(events)
    columns = ["--user-id", "customer", "--event", "action", "--time", "at"]
    ok(product, "add_dataset", "shop", "--events", str(events), *columns)
    file = tmp_path / "definition.json"
    file.write_text(json.dumps(definition(2)))

    ids = ok(product, "evaluate_cohort", str(file), "--dataset", "shop").splitlines()
    assert ids == sorted(f"käufer {number}" for number in range(SHOPPERS) if number % 4 >= 1)

    ok(product, "save_cohort", "repeat-buyers", str(file), "--dataset", "shop", "--name", NAME)
    product.environ["SHOP_KEY"] = "sandbox-data-import-key-A"
    endpoint = ["--endpoint", product.sandbox_url, "--key-env", "SHOP_KEY"]
    ok(product, "add_connection", "shop", *endpoint)
    over = ["--connection", "shop"]
    preview = json.loads(ok(product, "import_cohort", "repeat-buyers", *over, "--dry-run"))
    assert preview == {"add": len(ids), "remove": 0, "unchanged": 0, "requests": 2}
    run = json.loads(ok(product, "import_cohort", "repeat-buyers", *over, "--wait"))
    assert (run["state"], run["added"], run["batches"]) == ("succeeded", len(ids), 2)
    assert sandbox_cohort(product, NAME) == set(ids)

    again = json.loads(ok(product, "import_cohort", "repeat-buyers", *over, "--wait"))
    assert (again["state"], again["batches"], again["unchanged"]) == ("succeeded", 0, len(ids))

    file.write_text(json.dumps(definition(3)))
    ok(product, "save_cohort", "repeat-buyers", str(file), "--dataset", "shop")
    fewer = ok(product, "evaluate_cohort", str(file), "--dataset", "shop").splitlines()
    change = json.loads(ok(product, "import_cohort", "repeat-buyers", *over, "--wait"))
    assert (change["added"], change["removed"]) == (0, len(ids) - len(fewer))
    assert sandbox_cohort(product, NAME) == set(fewer)

    history = json.loads(ok(product, "import_history", "repeat-buyers", "--format", "json"))
    assert [run["state"] for run in history] == ["succeeded"] * 3
