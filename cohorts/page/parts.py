"""Parts of the page that have an address of their own: for htmx the part alone, without it a page
around it. What goes wrong is told in the place of the part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cohorts.answers import vary_by_part, wants_part
from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort
from cohorts.retelling import retell, retell_problem
from cohorts.warehouse.errors import WarehouseError

Context = Mapping[str, Any]


def answer_part(
    request: HttpRequest,
    cohort: Cohort,
    template: str,
    context: Context,
    read: Callable[[], Context] = dict,
) -> HttpResponse:
    """`read` asks the dataset, and may raise DefinitionError or WarehouseError."""
    known: dict[str, Any] = {
        "cohort": cohort,
        "dataset": cohort.dataset,
        "zone": cohort.dataset.timezone,
        "part": template,
        "on_page": not wants_part(request),
    }
    known |= context
    status = 200
    try:
        known |= read()
    except DefinitionError as error:
        known["failures"], status = [retell_problem(problem) for problem in error.problems], 422
    except WarehouseError as error:
        # A part is put into its page only with this status.
        known["failures"], status = [retell(str(error))], 422 if wants_part(request) else 503
    shown = template if wants_part(request) else "cohorts/page/part_page.html"
    return vary_by_part(render(request, shown, known, status=status))
