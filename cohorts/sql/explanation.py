"""Everything that can be asked about one user: verdicts, what was measured, and the events.

Verdicts come from the predicates that find the members, and values from the aggregates these
compare, so an explanation cannot disagree with the cohort.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Unpack

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, Definition, Events, Funnel, Leaf, Retention
from cohorts.definitions.walk import walk_conditions, walk_leaves
from cohorts.sql.compilation import Given, begin
from cohorts.sql.conditions import combine, compile_condition
from cohorts.sql.context import Context
from cohorts.sql.deciding_events import EventRows, select_at, select_deciding, select_latest
from cohorts.sql.events import select_anchors
from cohorts.sql.expressions import Expr, aliased, all_of, certain, column, derived, select
from cohorts.sql.filters import compile_user_filter
from cohorts.sql.measured_values import UserValues, select_measured_values, select_properties
from cohorts.sql.population import select_population
from cohorts.sql.retention import select_return_units
from cohorts.sql.sample import combine_answers
from cohorts.sql.sequences import select_trail
from cohorts.sql.windows import Interval

IN_POPULATION = "in_population"
MEMBER = "member"


class UserQueries:
    """The queries about the user with this id; each method gives one."""

    def __init__(self, definition: Definition, user_id: str, **given: Unpack[Given]) -> None:
        self._definition = definition
        self._compilation = begin(definition, only=user_id, **given)
        # Only verdicts ask for other cohorts.
        self._alone = replace(self._compilation, cohorts=())

    @property
    def ctx(self) -> Context:
        return self._compilation.ctx

    def verdicts(self) -> exp.Select:
        """One row: in the population or not, a member or not, and a column per condition, group
        and global user filter, named by path. No row for an id that the dataset does not hold."""
        definition, ctx = self._definition, self.ctx
        leaves = {leaf.path: f"c{n}" for n, leaf in enumerate(walk_leaves(definition.conditions))}
        filters = {node.path: f"g{n}" for n, node in enumerate(ctx.user_filters)}
        answers = [
            *(
                aliased(compile_condition(leaf, ctx), leaves[leaf.path])
                for leaf in walk_leaves(definition.conditions)
            ),
            *(
                aliased(certain(compile_user_filter(node, ctx, "u")), filters[node.path])
                for node in ctx.user_filters
            ),
        ]
        everyone = select_population(ctx, [], *answers, filtered=False)
        passed = all_of(column("p", alias) for alias in filters.values())
        holds = combine(
            definition.match, [combine_answers(each, leaves) for each in definition.conditions]
        )
        columns: dict[str, Expr] = {IN_POPULATION: passed, MEMBER: all_of([passed.copy(), holds])}
        columns |= {path: column("p", alias) for path, alias in filters.items()}
        columns |= {
            each.path: combine_answers(each, leaves)
            for each in walk_conditions(definition.conditions)
        }
        query = select(*(aliased(value, name) for name, value in columns.items()))
        return self._compilation.finish(query.from_(derived(everyone, "p"), copy=False))

    def measured(self, leaf: Leaf) -> UserValues | None:
        """None where nothing is measured that a row of numbers and times could hold."""
        found = select_measured_values(leaf, self.ctx)
        return None if found is None else self._finish_values(found)

    def properties(self, names: tuple[str, ...]) -> UserValues:
        """User properties by name."""
        return self._finish_values(select_properties(names, self.ctx))

    def return_units(self, leaf: Retention) -> exp.Select:
        return self._alone.finish(select_return_units(leaf, self.ctx))

    def trail(self, leaf: Funnel) -> exp.Select:
        return self._alone.finish(select_trail(leaf, self.ctx))

    def anchor(self, window: AfterFirst) -> exp.Select:
        """The key and `t0`, no row without one."""
        return self._alone.finish(select_anchors(window, self.ctx))

    def deciding(self, leaf: Leaf) -> list[EventRows]:
        """Not for funnels, whose events depend on the trail."""
        return [self._finish_events(rows) for rows in select_deciding(leaf, self.ctx)]

    def latest(self, events: Events, leaf: Funnel) -> EventRows:
        window = self.ctx.resolve(leaf.window)
        return self._finish_events(select_latest(events, window, self.ctx))

    def at(self, events: Events, instant: datetime) -> EventRows:
        return self._finish_events(select_at(events, instant, self.ctx))

    def window(self, leaf: Leaf) -> Interval | AfterFirst | None:
        window = getattr(leaf, "window", None)
        return None if window is None else self.ctx.resolve(window)

    def _finish_values(self, values: UserValues) -> UserValues:
        return replace(values, query=self._alone.finish(values.query))

    def _finish_events(self, rows: EventRows) -> EventRows:
        return replace(rows, query=self._alone.finish(rows.query))
