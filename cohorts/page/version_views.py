"""The versions of a cohort, its SQL, what happened to it, and acts that make a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.answers import SignedInRequest, go_to, vary_by_part, wants_part
from cohorts.definitions.problems import DefinitionError
from cohorts.disabling import find_users_of
from cohorts.evaluation import compiled_sql
from cohorts.models import Cohort, CohortVersion
from cohorts.page.copying import copy_cohort
from cohorts.page.parts import answer_part
from cohorts.page.reading import get_cohort, prepare_current
from cohorts.page.timeline import tell_happenings
from cohorts.page.versions import compare_members, compare_versions, read_changes, restore
from cohorts.retelling import retell, retell_problem
from cohorts.saving import NameTaken, SaveConflict
from cohorts.sql.dialects import DIALECTS
from cohorts.stored_lists import find_list_changes, stored_list_of


@require_safe
def show_sql(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    asked = request.GET.get("dialect", "")
    dialect = asked if asked in DIALECTS else cohort.dataset.engine
    context = {
        "tab": "sql",
        "part_title": _("SQL"),
        "dialect": dialect,
        "dialects": [(key, each.label) for key, each in DIALECTS.items()],
    }

    def read() -> dict[str, Any]:
        now = timezone.now()
        sql = compiled_sql(prepare_current(cohort), as_of=now, dialect=dialect)
        return {"sql": sql, "as_of": now}

    return answer_part(request, cohort, "cohorts/page/_sql.html", context, read)


@require_safe
def show_changes(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    context = {"tab": "changes", "part_title": _("Changes"), "changes": read_changes(cohort)}
    return answer_part(request, cohort, "cohorts/page/_changes.html", context)


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two versions, in words and in members as of now."""
    cohort = get_cohort(request, slug)
    before = _get_version(cohort, request.GET.get("before"))
    after = _get_version(cohort, request.GET.get("after"))
    context = {
        "tab": "changes",
        "part_title": _("Compare versions"),
        "comparison": compare_versions(before, after),
    }

    def read() -> dict[str, Any]:
        return {"members": compare_members(cohort, before, after, now=timezone.now())}

    return answer_part(request, cohort, "cohorts/page/_comparison.html", context, read)


@require_safe
def show_activity(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    told = tell_happenings(cohort, read_changes(cohort), find_list_changes(cohort))
    context = {
        "tab": "activity",
        "part_title": _("Activity"),
        "happenings": told,
        "users_of": find_users_of(cohort),
    }
    return answer_part(request, cohort, "cohorts/page/_activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def restore_version(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    """Asks first, and says what would change."""
    cohort = get_cohort(request, slug)
    version = _get_version(cohort, str(number))
    current = cohort.current_version
    if cohort.is_disabled or current is None or version == current:
        return redirect(cohort)
    problems: list[str] = []
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            saved = restore(
                cohort, version, seen=int(seen) if seen.isdecimal() else -1, by=request.user
            )
        except DefinitionError as error:
            problems = [retell_problem(problem) for problem in error.problems]
        except (SaveConflict, NameTaken) as error:
            problems = [retell(str(error))]
        else:
            numbers = {"old": version.number, "new": saved.current_version.number}  # type: ignore[union-attr]
            said = _("Version %(old)d was restored as version %(new)d.") % numbers
            messages.success(request, said)
            return go_to(request, cohort.get_absolute_url())
    context = {
        "cohort": cohort,
        "dataset": cohort.dataset,
        "zone": cohort.dataset.timezone,
        "version": version,
        "current": current,
        "comparison": compare_versions(current, version),
        "problems": problems,
    }
    part, page = "cohorts/page/_restore.html", "cohorts/page/restore.html"
    shown = part if wants_part(request) else page
    return vary_by_part(render(request, shown, context, status=422 if problems else 200))


@require_POST
def duplicate(request: SignedInRequest, slug: str) -> HttpResponse:
    """Saved under a name of its own and opened where it can be changed."""
    cohort = get_cohort(request, slug)
    try:
        copied = copy_cohort(cohort, by=request.user)
    except DefinitionError as error:
        why = " ".join(retell_problem(problem) for problem in error.problems)
        messages.error(request, _("It cannot be copied as it is. %s") % why)
        return go_to(request, cohort.get_absolute_url())
    except (SaveConflict, NameTaken) as error:
        messages.error(request, retell(str(error)))
        return go_to(request, cohort.get_absolute_url())
    messages.success(request, _("Saved as %s. Change it as you like.") % copied.name)
    is_list = stored_list_of(copied.current_version and copied.current_version.definition)
    return go_to(
        request,
        copied.get_absolute_url() if is_list else reverse("cohorts:edit", args=[copied.slug]),
    )


def _get_version(cohort: Cohort, number: str | None) -> CohortVersion:
    if number is None or not number.isdecimal() or len(number) > 9:
        raise Http404
    version = cohort.versions.select_related("saved_by").filter(number=int(number)).first()
    if version is None:
        raise Http404
    return version
