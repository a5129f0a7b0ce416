"""Why one user is in a cohort or not: each condition with what was measured and which events
decided it. The queries come from `cohorts.sql.explanation`; here they are asked and put together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from cohorts.comparisons import compare_with
from cohorts.definitions.catalog import Catalog
from cohorts.definitions.describe import describe_filter, label_condition
from cohorts.definitions.nodes import (
    AfterFirst,
    Condition,
    Definition,
    FilterNode,
    Funnel,
    Group,
    HasProperty,
    InCohort,
    InList,
    Leaf,
    Retention,
)
from cohorts.definitions.references import Reference
from cohorts.definitions.walk import events_of, flatten_filter, list_properties
from cohorts.funnel_trails import find_trail
from cohorts.sql.compile import to_sql
from cohorts.sql.deciding_events import MOST, EventRows
from cohorts.sql.events import to_seconds
from cohorts.sql.explanation import IN_POPULATION, MEMBER, UserQueries
from cohorts.sql.layout import Layout
from cohorts.sql.measured_values import UserValues

Rows = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class DecidingEvent:
    event: str | None
    time: datetime
    properties: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """A condition or a group. `verdict` is after negation; `measured` and `compared_with` are
    the two sides of what the condition compares."""

    path: str
    type: str
    title: str
    negate: bool
    verdict: bool
    subtitle: str = ""
    measured: dict[str, Any] = field(default_factory=dict)
    compared_with: dict[str, Any] = field(default_factory=dict)
    events: tuple[DecidingEvent, ...] = ()
    match: str = ""
    conditions: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """`known`: does the dataset hold this id at the instant?"""

    user: str
    as_of: datetime
    match: str
    known: bool
    in_population: bool = False
    member: bool = False
    global_filter: tuple[Finding, ...] = ()
    conditions: tuple[Finding, ...] = ()


def explain(
    definition: Definition,
    user_id: str,
    rows: Rows,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
    language: str = "en",
) -> Explanation:
    """`rows` answers SQL of the dialect."""
    queries = UserQueries(
        definition,
        user_id,
        catalog=catalog,
        layout=layout,
        as_of=as_of,
        references=references,
        dialect=dialect,
    )
    names = {slug: reference.name for slug, reference in references.items()}

    def ask(query: exp.Expr) -> Sequence[tuple[Any, ...]]:
        return rows(to_sql(query, dialect))

    return _Explainer(definition, user_id, queries, ask, language, names).explain()


@dataclass(frozen=True)
class _Explainer:
    definition: Definition
    user_id: str
    queries: UserQueries
    ask: Callable[[exp.Expr], Sequence[tuple[Any, ...]]]
    language: str
    names: Mapping[str, str]

    def explain(self) -> Explanation:
        query = self.queries.verdicts()
        found = self.ask(query)
        as_of, match = self.queries.ctx.as_of, self.definition.match
        if not found:
            return Explanation(self.user_id, as_of, match, known=False)
        verdicts = dict(zip((each.alias for each in query.selects), found[0], strict=True))
        return Explanation(
            self.user_id,
            as_of,
            match,
            known=True,
            in_population=verdicts[IN_POPULATION],
            member=verdicts[MEMBER],
            global_filter=tuple(
                self._filter(node, verdicts) for node in self.definition.global_filter
            ),
            conditions=self._conditions(verdicts),
        )

    def _conditions(self, verdicts: Mapping[str, bool]) -> tuple[Finding, ...]:
        """Nothing holds for somebody outside the population, negated or not."""
        found = self._list(self.definition.conditions, verdicts)
        return found if verdicts[IN_POPULATION] else tuple(map(_deny, found))

    def _list(
        self, conditions: Sequence[Condition], verdicts: Mapping[str, bool]
    ) -> tuple[Finding, ...]:
        return tuple(
            self._group(each, verdicts)
            if isinstance(each, Group)
            else self._leaf(each, verdicts[each.path])
            for each in conditions
        )

    def _group(self, group: Group, verdicts: Mapping[str, bool]) -> Finding:
        return Finding(
            path=group.path,
            type="group",
            title=group.match,
            negate=group.negate,
            verdict=verdicts[group.path],
            match=group.match,
            conditions=self._list(group.conditions, verdicts),
        )

    def _leaf(self, leaf: Leaf, verdict: bool) -> Finding:
        title, subtitle = label_condition(leaf, language=self.language, names=self.names)
        measured, events = self._measure(leaf, verdict)
        looked_at = self._properties(leaf)
        return Finding(
            path=leaf.path,
            type=TYPES[type(leaf).__name__],
            title=title,
            subtitle=subtitle,
            negate=leaf.negate,
            verdict=verdict,
            measured=measured | ({"properties": looked_at} if looked_at else {}),
            compared_with=compare_with(leaf) | self._window(leaf),
            events=events,
        )

    def _filter(self, node: FilterNode, verdicts: Mapping[str, bool]) -> Finding:
        """One on events holds for nobody in particular: it leaves events out of every count."""
        parts = list(flatten_filter(node))
        is_on_user = parts[0].scope == "user"
        names = tuple(dict.fromkeys(name for part in parts for name in list_properties(part)))
        values = self._read(self.queries.properties(names)) if is_on_user else {}
        return Finding(
            path=node.path,
            type=f"{parts[0].scope}_filter",
            title=describe_filter(node, language=self.language),
            negate=False,
            verdict=verdicts.get(node.path, True),
            measured={"properties": values} if is_on_user else {},
        )

    # --- one leaf

    def _measure(
        self, leaf: Leaf, verdict: bool
    ) -> tuple[dict[str, Any], tuple[DecidingEvent, ...]]:
        holds = verdict != leaf.negate
        match leaf:
            case HasProperty():
                return {}, ()
            case InCohort():
                return {"in_cohort": holds}, ()
            case InList():
                return {"listed": holds}, ()
            case Funnel(order="any"):
                return self._measure_unordered(leaf)
            case Funnel():
                return self._measure_funnel(leaf)
        values = self.queries.measured(leaf)
        measured = {} if values is None else self._read(values)
        if isinstance(leaf, Retention):
            measured["units"] = [n for (n,) in self.ask(self.queries.return_units(leaf))]
        return measured, self._events(self.queries.deciding(leaf))

    def _measure_funnel(self, leaf: Funnel) -> tuple[dict[str, Any], tuple[DecidingEvent, ...]]:
        """The first step and the last two that were reached."""
        trail = find_trail(len(leaf.steps), self.ask(self.queries.trail(leaf)))
        shown = trail if len(trail) <= MOST else [trail[0], *trail[1 - MOST :]]
        rows = [self.queries.at(leaf.steps[step - 1], _in_utc(at)) for step, at in shown]
        return {"level": len(trail)}, self._events(rows)

    def _measure_unordered(self, leaf: Funnel) -> tuple[dict[str, Any], tuple[DecidingEvent, ...]]:
        """Any order: which of the steps there are at all."""
        found = [self._events([self.queries.latest(step, leaf)]) for step in leaf.steps]
        steps = [number for number, events in enumerate(found, start=1) if events]
        return {"steps": steps}, tuple(event for events in found for event in events)[:MOST]

    def _properties(self, leaf: Leaf) -> dict[str, Any]:
        """What the condition looks at that belongs to the user, not to an event."""
        nodes = [leaf.filter] if isinstance(leaf, HasProperty) else []
        nodes += [node for events in events_of(leaf) for node in events.where]
        parts = [part for node in nodes for part in flatten_filter(node) if part.scope == "user"]
        names = dict.fromkeys(name for part in parts for name in list_properties(part))
        return self._read(self.queries.properties(tuple(names))) if names else {}

    def _window(self, leaf: Leaf) -> dict[str, Any]:
        """Two instants; for a user's own window without its first event none."""
        window = self.queries.window(leaf)
        if window is None:
            return {}
        if not isinstance(window, AfterFirst):
            return {"window": {"from": window.start, "to": window.end}}
        anchors = self.ask(self.queries.anchor(window))
        if not anchors:
            return {"window": None}
        start = _in_utc(anchors[0][1])
        return {"window": {"from": start, "to": _add(start, to_seconds(window.n, window.unit))}}

    # --- asking

    def _read(self, values: UserValues) -> dict[str, Any]:
        """Without a row every value is missing."""
        found = self.ask(values.query)
        row = found[0] if found else [None] * len(values.names)
        return {name: _in_utc(value) for name, value in zip(values.names, row, strict=True)}

    def _events(self, queries: Sequence[EventRows]) -> tuple[DecidingEvent, ...]:
        """Each once, the first ones of all."""
        found: list[DecidingEvent] = []
        for rows in queries:
            for name, time, *values in self.ask(rows.query):
                held = dict(zip(rows.properties, map(_in_utc, values), strict=True))
                event = DecidingEvent(name, _in_utc(time), held)
                if event not in found or len(queries) == 1:
                    found.append(event)
        return tuple(found[:MOST])


TYPES = {
    "Performed": "performed",
    "Measure": "measure",
    "Ratio": "ratio",
    "Funnel": "funnel",
    "Retention": "retention",
    "Lifecycle": "lifecycle",
    "FirstTime": "first_time",
    "LastTime": "last_time",
    "HasProperty": "property",
    "InCohort": "cohort",
    "InList": "list",
}


def _deny(finding: Finding) -> Finding:
    inner = tuple(map(_deny, finding.conditions))
    return replace(finding, verdict=False, conditions=inner)


def _in_utc(value: Any) -> Any:
    """An engine's times are UTC, also where they do not say so."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _add(start: datetime, seconds: int) -> datetime | None:
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:
        return None
