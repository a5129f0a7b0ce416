"""What only ClickHouse does: columns without NULL, and a value where a join finds no row."""

from __future__ import annotations

import pytest

from tests.cohorts.sql.naive import Row
from tests.cohorts.sql.test_compile import AS_OF, HOUR, make_world, whole
from tests.engines.clickhouse_engine import ClickHouseEngine
from tests.engines.stores import Store

pytestmark = pytest.mark.engines


def test_who_has_no_numerator_has_no_quotient(clickhouse: ClickHouseEngine) -> None:
    rows = [Row("both", name, AS_OF - HOUR, {"amount": 1.0}) for name in "AB"]
    rows.append(Row("below", "B", AS_OF - HOUR, {"amount": 1.0}))
    store = Store(clickhouse, make_world(rows=rows), "file")
    clickhouse.require_values("events", "amount", "Float64")
    average = {"event": "A", "function": "avg", "property": "amount"}
    ratio = {"type": "ratio", "numerator": average, "denominator": average | {"event": "B"}}
    assert store.members(whole(ratio | {"op": "<", "value": 5}), AS_OF) == ["both"]
    measure = {"type": "measure", "op": "<", "value": 5} | average
    _, sample = store.sample(whole(measure | {"negate": True}), AS_OF)
    assert sample == [("below", None)]
