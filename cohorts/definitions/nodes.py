"""The definition as a typed tree. Every node knows the JSON path it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from cohorts.definitions.catalog import Scope

Match: TypeAlias = Literal["all", "any"]
Comparator: TypeAlias = Literal["=", "!=", ">", ">=", "<", "<=", "between"]
Number: TypeAlias = int | float
# A date alone is the whole day in the dataset's zone; without an offset a date-time is wall time.
Moment: TypeAlias = date | datetime


def _path() -> str:
    return field(default="", compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A length of time, such as 7 days."""

    n: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class OtherProperty:
    """The value of a filter that compares one property with another of the same scope."""

    name: str


Scalar: TypeAlias = str | bool | Number
# Dates stay text here: whether a text is a date depends on the property it is compared with.
FilterValue: TypeAlias = Scalar | Span | OtherProperty | tuple[str | Number, ...] | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """`value` is None for operators that take none, a tuple for `in`, `not_in`, `between`."""

    property: str
    op: str
    value: FilterValue
    scope: Scope
    ignore_case: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class AnyFilter:
    """Holds where at least one of its filters holds."""

    filters: tuple[FilterNode, ...]
    path: str = _path()


FilterNode: TypeAlias = Filter | AnyFilter


@dataclass(frozen=True, kw_only=True)
class Events:
    """Rows of the named events (None: any event) for which all filters hold."""

    names: tuple[str, ...] | None
    where: tuple[FilterNode, ...] = ()
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`value` is a pair for `between`, else one number."""

    op: Comparator
    value: Number | tuple[Number, Number]


AT_LEAST_ONCE = Comparison(op=">=", value=1)

# --- windows


@dataclass(frozen=True, kw_only=True)
class Overall:
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Last:
    n: int
    unit: str
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Ago:
    start: int
    end: int
    unit: str
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Full:
    n: int
    unit: str
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class This:
    unit: str
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class FromTo:
    start: Moment | None
    end: Moment | None
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class AfterFirst:
    """Per user, from the first of these events ever, for a fixed length."""

    events: Events
    n: int
    unit: str
    path: str = _path()


Window: TypeAlias = Overall | Last | Ago | Full | This | FromTo | AfterFirst

# --- measurements


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A number per user. `property` is None for functions that take none."""

    events: Events
    function: str
    property: str | None = None
    path: str = _path()


# --- conditions


@dataclass(frozen=True, kw_only=True)
class Performed:
    events: Events
    times: Comparison = AT_LEAST_ONCE
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Measure:
    measurement: Measurement
    comparison: Comparison
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Ratio:
    numerator: Measurement
    denominator: Measurement
    comparison: Comparison
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """Events that void a chain when they come between step `after` and the next step."""

    events: Events
    after: int
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class FunnelOutcome:
    """`step` is the last step for `converted`."""

    kind: Literal["converted_on", "dropped_at", "dropped_before"]
    step: int


@dataclass(frozen=True, kw_only=True)
class Funnel:
    steps: tuple[Events, ...]
    within: Span | None
    order: Literal["sequence", "exact", "any"]
    exclude: tuple[Exclusion, ...]
    outcome: FunnelOutcome
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class RetentionOutcome:
    """Units counted from the user's own first unit, both included; `last` None: open end.

    For `returned` and `not_retained` no unit is meant, and `first` is None.
    """

    kind: Literal[
        "returned",
        "retained_on",
        "retained_between",
        "retained_since",
        "not_retained",
        "not_retained_on",
    ]
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Retention:
    start: Events
    returning: Events
    unit: str
    outcome: RetentionOutcome
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    state: Literal["new", "returning", "resurrected", "dormant"]
    period: Span
    events: Events
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class FirstTime:
    events: Events
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class LastTime:
    events: Events
    window: Window
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class HasProperty:
    filter: FilterNode
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class InCohort:
    cohort: str
    negate: bool = False
    path: str = _path()


@dataclass(frozen=True, kw_only=True)
class InList:
    """The ids themselves, or the name of a stored list of `stored_size` ids."""

    users: tuple[str, ...] = ()
    stored: str | None = None
    stored_size: int = 0
    negate: bool = False
    path: str = _path()

    @property
    def size(self) -> int:
        return len(self.users) if self.stored is None else self.stored_size


Leaf: TypeAlias = (
    Performed
    | Measure
    | Ratio
    | Funnel
    | Retention
    | Lifecycle
    | FirstTime
    | LastTime
    | HasProperty
    | InCohort
    | InList
)


@dataclass(frozen=True, kw_only=True)
class Group:
    match: Match
    conditions: tuple[Condition, ...]
    negate: bool = False
    path: str = _path()


Condition: TypeAlias = Leaf | Group


@dataclass(frozen=True, kw_only=True)
class Definition:
    match: Match
    conditions: tuple[Condition, ...]
    global_filter: tuple[FilterNode, ...] = ()
    date_range: Window = Overall()
