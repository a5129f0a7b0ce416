"""What is printed for each engine is one SELECT of that engine's SQL, from known tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import ErrorLevel, exp

from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.check import Reference, check_definition
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_ordered_members, compile_sample, to_sql
from cohorts.sql.dialect import Unwritable
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.layout import DUCKDB_FILE, STORED_TIME, Source, StoredColumn, warehouse_layout
from cohorts.sql.portable import portable_layout
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, EVENT_TYPES, USER_TYPES, definitions
from tests.cohorts.sql.test_compile import AS_OF, HOSTILE, performed, whole
from tests.golden.reading import list_cases

UNTRIED = ("bigquery", "databricks", "snowflake", "trino")
TABLES = {"events", "users"}


def catalog_of(events: dict[str, str], users: dict[str, str], zone: str = "UTC") -> Catalog:
    def held(types: dict[str, str]) -> tuple[Property, ...]:
        return tuple(Property(name, name, kind) for name, kind in types.items())  # type: ignore[arg-type]

    return Catalog(zone, event_properties=held(events), user_properties=held(users))


CATALOG = catalog_of(EVENT_TYPES, USER_TYPES, "Europe/Berlin")
DOCUMENTS = catalog_of({"doc": "json", "amount": "number", "text": "string"}, {"plan": "string"})
REFERENCES = {
    slug: Reference(None, tuple(held), slug)
    if isinstance(held, list)
    else Reference(parse_definition(held), None, slug)
    for slug, held in COHORTS.items()
}


def write(
    definition: dict[str, Any],
    dialect: str,
    *,
    catalog: Catalog = DOCUMENTS,
    as_of: datetime = AS_OF,
    compiled: Any = compile_ordered_members,
    **changes: Any,
) -> str:
    layout = portable_layout(DUCKDB_FILE, catalog, DIALECTS[dialect])
    given = {"layout": layout, "catalog": catalog, "as_of": as_of, "references": REFERENCES}
    query = compiled(parse_definition(definition), **(given | changes), dialect=dialect)
    return to_sql(query, dialect)


def read_back(sql: str, dialect: str) -> exp.Select:
    name = DIALECTS[dialect].sqlglot
    (statement,) = sqlglot.parse(sql, dialect=name, error_level=ErrorLevel.RAISE)
    assert isinstance(statement, exp.Select)
    named = {each.alias for each in statement.find_all(exp.CTE)}
    tables = {each.name for each in statement.find_all(exp.Table)} - named
    assert {table.lower() for table in tables} <= TABLES, tables
    # SQLGlot reads the flags of PostgreSQL's regexp_like, and would not write "p" itself.
    level = ErrorLevel.IGNORE if dialect == "postgresql" else ErrorLevel.RAISE
    assert statement.sql(dialect=name, unsupported_level=level)
    return statement


def where(dialect: str, op: str, value: Any, name: str = "doc.a", **changes: Any) -> str:
    node = {"property": name, "op": op, "value": value} | changes
    return write(whole(performed(where=[node])), dialect)


@pytest.mark.parametrize("case", list_cases(), ids=lambda case: case.name)
def test_every_kept_case_can_be_read_back(case: Any) -> None:
    for dialect in DIALECTS:
        read_back(case.read(f"{dialect}.sql"), dialect)


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=15)
@given(definition=definitions(), as_of=st.sampled_from(AS_OFS))
def test_whatever_can_be_defined_can_be_written_for_every_engine(
    definition: dict[str, Any], as_of: datetime
) -> None:
    checked = check_definition(parse_definition(definition), catalog=CATALOG, cohorts=REFERENCES)
    assert not checked.errors
    for dialect in DIALECTS:
        read_back(write(definition, dialect, catalog=CATALOG, as_of=as_of), dialect)


@pytest.mark.parametrize("dialect", UNTRIED)
def test_texts_and_names_come_back_as_they_were_written(dialect: str) -> None:
    texts = [*HOSTILE, "a\rb", "`", "${x}", "{{ x }}", "&&x", "\u2028"]
    condition = {"property": "text", "op": "in", "value": texts}
    statement = read_back(write(whole(performed(where=[condition])), dialect), dialect)
    found = {each.this for each in statement.find_all(exp.Literal) if each.is_string}
    assert set(texts) <= found
    names = ['a"b', "a'b", "a b; --", "ä\\", "select", "a`b", '\\"', "\\`"]
    for name in names:
        catalog = catalog_of({name: "number"}, {})
        node = {"property": name, "op": "=", "value": 1}
        sql = write(whole(performed(where=[node])), dialect, catalog=catalog)
        columns = {each.name for each in read_back(sql, dialect).find_all(exp.Column)}
        assert name in columns


def test_a_text_column_is_parsed_before_a_path_is_followed() -> None:
    """A path into the text itself would be NULL: a cohort of nobody, without an error."""
    sql = where("snowflake", ">", 1)
    assert """AS_DOUBLE(GET(TRY_PARSE_JSON(CAST("e"."doc" AS VARCHAR)), 'a')) > 1""" in sql


@pytest.mark.parametrize("dialect", UNTRIED)
def test_a_text_that_is_no_json_is_no_error(dialect: str) -> None:
    parsers = {
        "snowflake": "TRY_PARSE_JSON(",
        "bigquery": "SAFE.parse_json(",
        "databricks": "TRY_PARSE_JSON(",
        "trino": "TRY(JSON_PARSE(",
    }
    sql = where(dialect, "=", "x")
    assert parsers[dialect] in sql
    assert sql.upper().count("PARSE_JSON(") + sql.upper().count("JSON_PARSE(") == sql.count(
        parsers[dialect]
    )


def test_times_are_of_one_type_wherever_they_are_moved() -> None:
    """TIMESTAMP_ADD takes no DATETIME, and a CASE no mixture of both."""
    days = whole({"type": "measure", "event": "A", "function": "active_days"} | at_least(2))
    zoned = catalog_of({}, {}, "America/New_York")
    sql = write(days, "bigquery", catalog=zoned)
    assert "DATETIME)" not in sql.replace("datetime(", "")
    assert "timestamp(datetime(`e`.`time`, 'America/New_York'), 'UTC')" in sql
    assert "timestamp_add(`e`.`time`, INTERVAL" in sql
    assert "CAST(`t`.`time` AS TIMESTAMP) AS `time`" in sql


def at_least(value: float) -> dict[str, Any]:
    return {"op": ">=", "value": value}


FUNNEL = {
    "type": "funnel",
    "steps": [{"event": "A"}, {"event": "B"}, {"event": "C"}],
    "within": {"n": 7, "unit": "day"},
    "exclude": [{"event": "D", "between": [1, 2]}],
}


@pytest.mark.parametrize("dialect", UNTRIED)
def test_windows_stand_where_they_are_used_and_order_without_a_word_on_nulls(dialect: str) -> None:
    """A named window ends SQLGlot's generator; NULLS in a window is not BigQuery's."""
    statement = read_back(write(whole(FUNNEL), dialect), dialect)
    assert not statement.args.get("windows")
    windows = list(statement.find_all(exp.Window))
    assert len(windows) == 4
    assert all(window.args.get("over") == "OVER" for window in windows)
    if dialect == "bigquery":
        assert "NULLS" not in statement.sql(dialect="bigquery")


@pytest.mark.parametrize("dialect", UNTRIED)
def test_only_joins_that_every_engine_has(dialect: str) -> None:
    anchored = performed(window={"after_first": {"event": "A"}, "n": 7, "unit": "day"})
    definition = whole(FUNNEL, anchored, performed(negate=True))
    statement = read_back(write(definition, dialect), dialect)
    joins = {(join.kind, join.side) for join in statement.find_all(exp.Join)}
    assert joins <= {("INNER", ""), ("", "LEFT")}
    derived = [each for each in statement.find_all(exp.Subquery) if each.parent_select]
    assert all(each.alias for each in derived if isinstance(each.parent, exp.From | exp.Join))


@pytest.mark.parametrize("dialect", UNTRIED)
def test_no_subquery_stands_inside_of_an_aggregate(dialect: str) -> None:
    of_plan = {"property": "plan", "scope": "user", "op": "=", "value": "pro"}
    steps = [{"event": "A", "where": [of_plan]}, {"event": "B"}]
    statement = read_back(write(whole(FUNNEL | {"steps": steps}), dialect), dialect)
    assert all(not each.find(exp.Select) for each in statement.find_all(exp.AggFunc))


@pytest.mark.parametrize(
    ("dialect", "literal"),
    [
        ("snowflake", "TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.123456', '{}')"),
        ("bigquery", "CAST('2026-05-14 09:30:00.123456+00:00' AS TIMESTAMP)"),
        ("databricks", "CAST('2026-05-14 09:30:00.123456+00:00' AS TIMESTAMP)"),
        ("trino", "CAST('2026-05-14 09:30:00.123456' AS TIMESTAMP(6))"),
    ],
)
def test_instants_keep_their_microseconds_and_are_utc(dialect: str, literal: str) -> None:
    as_of = AS_OF + timedelta(microseconds=123_456)
    sql = write(whole(performed()), dialect, as_of=as_of)
    assert literal.format("YYYY-MM-DD HH24:MI:SS.FF6") in sql


@pytest.mark.parametrize("dialect", ["snowflake", "trino"])
def test_a_column_with_a_zone_is_brought_to_utc(dialect: str) -> None:
    columns = {
        "id": StoredColumn("ID", "text"),
        "event": StoredColumn("WHAT", "text"),
        "time": StoredColumn("AT", "zoned"),
        STORED_TIME: StoredColumn("AT", "zoned"),
    }
    layout = warehouse_layout(Source(("SHOP", "EVENTS"), columns), None)
    sql = write(
        whole({"type": "first_time", "event": "A", "window": {"last": 1, "unit": "day"}}),
        dialect,
        catalog=Catalog("UTC"),
        layout=layout,
    )
    written = {
        "snowflake": [
            """CAST(CONVERT_TIMEZONE('UTC', "t"."AT") AS TIMESTAMPNTZ) AS "time\"""",
            "< TO_TIMESTAMP_TZ('2026-05-14 09:30:00.000000+00:00', 'YYYY-MM-DD HH24:MI:SS.FF6TZ",
        ],
        "trino": [
            """CAST(AT_TIMEZONE("t"."AT", 'UTC') AS TIMESTAMP(6)) AS "time\"""",
            "< CAST('2026-05-14 09:30:00.000000 UTC' AS TIMESTAMP(6) WITH TIME ZONE)",
        ],
    }
    assert all(part in sql for part in written[dialect]), sql


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery"])
def test_a_time_is_not_moved_out_of_the_calendar(dialect: str) -> None:
    long = {"after_first": {"event": "A"}, "n": 100_000, "unit": "week"}
    sql = write(whole(performed(window=long)), dialect)
    assert "9999-12-31 23:59:59.999999" in sql
    beyond = whole({"type": "lifecycle", "state": "dormant", "period": {"n": 9000, "unit": "year"}})
    read_back(write(beyond, dialect), dialect)


def test_the_engine_folds_names_that_were_made_without_quotes() -> None:
    catalog = catalog_of({"amount": "number", "Größe": "number"}, {})
    nodes = [{"property": name, "op": "=", "value": 1} for name in ("amount", "Größe")]
    sql = write(whole(performed(where=nodes)), "snowflake", catalog=catalog)
    assert '"t"."AMOUNT" AS "amount"' in sql
    assert '"t"."Größe" AS "Größe"' in sql
    assert 'FROM "EVENTS" AS "t"' in sql


@pytest.mark.parametrize(
    ("dialect", "large"),
    [("bigquery", "CAST('{}' AS BIGNUMERIC)"), ("trino", "CAST('{}' AS DECIMAL(38, 0))")],
)
def test_numbers_beyond_64_bits_are_spelled_as_decimals(dialect: str, large: str) -> None:
    for number in (2**63, 10**30):
        assert large.format(number) in where(dialect, "<", number, "amount")
    assert f"< {2**63 - 1}\n" in where(dialect, "<", 2**63 - 1, "amount")


@pytest.mark.parametrize(
    ("dialect", "written"),
    [
        ("snowflake", r"REGEXP_LIKE(`e`.`text`, '(.|\\n)*(^a(b)*[0-9]$)(.|\\n)*', 'i')"),
        ("bigquery", "regexp_contains(`e`.`text`, '(?i)^a(?:b)*?[0-9]$')"),
        ("databricks", "RLIKE(`e`.`text`, '(?diu)^a(?:b)*?[0-9]$')"),
        ("trino", "REGEXP_LIKE(`e`.`text`, '(?i)^a(?:b)*?[0-9]$')"),
    ],
)
def test_a_pattern_is_searched_in_the_flavour_of_the_engine(dialect: str, written: str) -> None:
    sql = where(dialect, "matches", "^a(?:b)*?[0-9]$", "text", ignore_case=True)
    assert written in sql.replace('"', "`")


def test_a_pattern_that_the_engine_cannot_say_is_an_error_that_names_it() -> None:
    with pytest.raises(Unwritable, match="flags for a part of a regular expression"):
        where("snowflake", "matches", "a(?i:b)", "text")
    assert "'(.|\\\\n)*(ab)(.|\\\\n)*', 'is'" in where("snowflake", "matches", "(?si)ab", "text")


@pytest.mark.parametrize("dialect", ["bigquery", "trino"])
def test_the_median_is_exact_and_of_values_only(dialect: str) -> None:
    median = {"type": "measure", "event": "A", "function": "median", "property": "amount"}
    sql = write(whole(median | at_least(1)), dialect)
    assert "APPROX" not in sql.upper()
    assert sql.count("ARRAY_AGG(") == 2
    statement = read_back(sql, dialect)
    assert all(each.find(exp.Order) for each in statement.find_all(exp.ArrayAgg))


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "trino"])
def test_a_sum_is_added_as_decimals_and_read_as_a_double(dialect: str) -> None:
    total = {"type": "measure", "event": "A", "function": "sum", "property": "amount"}
    statement = read_back(write(whole(total | at_least(100)), dialect), dialect)
    decimals = {"DECIMAL(38, 14)", "BIGNUMERIC"}
    added = [
        each.this.to.sql(dialect=dialect)
        for each in statement.find_all(exp.Sum)
        if isinstance(each.this, exp.Cast)
    ]
    assert set(added) & decimals


@pytest.mark.parametrize("dialect", UNTRIED)
def test_no_engine_divides_by_zero(dialect: str) -> None:
    count = {"event": "A", "function": "count"}
    average = {"event": "A", "function": "avg", "property": "amount"}
    ratio = {"type": "ratio", "numerator": average, "denominator": count} | at_least(1)
    statement = read_back(write(whole(ratio), dialect), dialect)
    divisors = [each.expression for each in statement.find_all(exp.Div)]
    assert len([each for each in divisors if isinstance(each, exp.Nullif)]) == 2


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "trino"])
def test_weeks_begin_on_monday_whatever_calendar_the_engine_had_long_ago(dialect: str) -> None:
    """Days are counted from 1970 and moved to the Monday 0001-01-01, as everywhere."""
    weeks = {"type": "measure", "event": "A", "function": "active_weeks"} | at_least(2)
    sql = write(whole(weeks), dialect)
    assert f"+ {date(1970, 1, 1).toordinal() - 1}" in sql
    assert date(1, 1, 1).weekday() == 0


@pytest.mark.parametrize("dialect", UNTRIED)
def test_keys_of_json_stay_keys(dialect: str) -> None:
    for key in ('a"b', "a'b", "$", "[0]", "\\", "*", "']", '"]', "\\'"):
        sql = where(dialect, "=", 1, f"doc.{key}")
        read_back(sql, dialect)
        literal = exp.Literal.string(key).sql(dialect=DIALECTS[dialect].sqlglot)
        assert literal[1:-1] in sql, key


def test_a_sample_says_where_nulls_go() -> None:
    amount = {"type": "measure", "event": "A", "function": "avg", "property": "amount"}
    definition = whole(amount | at_least(1))
    statement = read_back(write(definition, "snowflake", compiled=compile_sample), "snowflake")
    assert "DESC NULLS LAST" in statement.sql(dialect="snowflake")
