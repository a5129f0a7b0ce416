"""The list of cohorts as CSV, as it is searched and sorted on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cohorts.answers import SignedInRequest
from cohorts.csv_lines import write_line
from cohorts.listing import find_cohorts
from cohorts.models import Cohort
from cohorts.preferences import chosen_dataset
from cohorts.tags import read_tags
from integrations.import_columns import ImportColumns, read_import_columns
from integrations.templatetags.integrations import recurrence

AT_A_TIME = 500


@require_safe
def export_cohorts(request: SignedInRequest) -> StreamingHttpResponse:
    found = find_cohorts(request.GET, user=request.user, dataset=chosen_dataset(request.user))
    shows_imports = request.user.has_perm("integrations.view_importrun")
    lines = _lines(list(found), request, shows_imports=shows_imports)
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="cohorts-{day}.csv"'},
    )


def _lines(
    cohorts: list[Cohort], request: SignedInRequest, *, shows_imports: bool
) -> Iterator[str]:
    heads = [_("Name"), _("Description"), _("Schema"), _("Owner"), _("Tags"), _("Users")]
    heads += [_("Counted at"), _("Address")]
    if shows_imports:
        heads += [_("Recipient(s)"), _("Import Recurrence"), _("Last Execution Time")]
        heads += [_("Last Import"), _("Users Imported")]
    # So that spreadsheets read it as UTF-8.
    yield "\N{BYTE ORDER MARK}" + write_line(heads)
    for start in range(0, len(cohorts), AT_A_TIME):
        part = cohorts[start : start + AT_A_TIME]
        tags = read_tags(part).of_cohort
        columns = read_import_columns(part) if shows_imports else {}
        for cohort in part:
            cells = _cohort_cells(cohort, tags.get(cohort.pk, []), request)
            if shows_imports:
                cells += _import_cells(columns[cohort.pk])
            yield write_line(cells)


def _cohort_cells(cohort: Any, tags: list[str], request: SignedInRequest) -> list[Any]:
    owner = cohort.owner
    return [
        cohort.name,
        cohort.description,
        cohort.dataset.name,
        (owner.get_full_name() or owner.get_username()) if owner else "",
        ", ".join(tags),
        cohort.size,
        cohort.counted_at and cohort.counted_at.isoformat(timespec="seconds"),
        request.build_absolute_uri(cohort.get_absolute_url()),
    ]


def _import_cells(columns: ImportColumns) -> list[Any]:
    run, executed = columns.last_run, columns.last_execution_at
    return [
        ", ".join(columns.recipients),
        recurrence(columns.schedule) if columns.schedule else "",
        executed.isoformat(timespec="seconds") if executed else "",
        run.get_state_display() if run else "",
        run.size if run else None,
    ]
