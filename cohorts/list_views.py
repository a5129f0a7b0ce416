"""Uploading a list of ids as a static cohort, and changing it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cohorts.definitions.problems import DefinitionError
from cohorts.list_forms import ChangeListForm, NewListForm, UploadForm
from cohorts.list_reading import ListError
from cohorts.models import Cohort, Dataset
from cohorts.retelling import retell
from cohorts.saving import NameTaken, SaveConflict, slug_for
from cohorts.snapshots import record_count
from cohorts.static_lists import Action, SavedList, find_stored_list, save_list
from cohorts.warehouse.errors import WarehouseError


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    dataset = Dataset.objects.filter(name=request.GET.get("schema", "")).first()
    dataset = dataset or Dataset.objects.first()
    form = NewListForm(initial={"dataset": dataset and dataset.name})
    if request.method == "POST":
        form = NewListForm(request.POST, request.FILES)
        saved = _try_to_save(form, _create, request)
        if saved is not None:
            messages.success(request, _("%s was saved.") % saved.cohort.name)
            return _show(saved)
    context = {"form": form, "datasets": Dataset.objects.all(), "dataset": dataset}
    return render(request, "cohorts/upload.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
def change_list(request: HttpRequest, slug: str) -> HttpResponse:
    cohorts = Cohort.objects.live().select_related("dataset", "current_version")
    cohort = get_object_or_404(cohorts, slug=slug)
    stored = find_stored_list(cohort.current_version)
    if stored is None or cohort.current_version is None:
        return redirect(cohort)
    seen = cohort.current_version.number
    action = request.GET.get("action", Action.APPENDED)
    form = ChangeListForm(initial={"action": action, "seen": seen})
    if request.method == "POST":
        form = ChangeListForm(request.POST, request.FILES)
        saved = _try_to_save(form, _change, request, cohort)
        if saved is not None:
            messages.success(request, _outcome(saved))
            return _show(saved)
    context = {"form": form, "cohort": cohort, "dataset": cohort.dataset, "stored": stored}
    return render(request, "cohorts/change_list.html", context, status=_status(form))


def _create(request: HttpRequest, form: UploadForm) -> SavedList:
    data = form.cleaned_data
    return save_list(
        slug=slug_for(data["name"]),
        dataset=data["dataset"],
        upload=form.upload(),
        name=data["name"],
        description=data["description"],
        by=request.user,
    )


def _change(request: HttpRequest, form: UploadForm, cohort: Cohort) -> SavedList:
    data = form.cleaned_data
    return save_list(
        slug=cohort.slug,
        dataset=cohort.dataset,
        upload=form.upload(),
        action=Action(data["action"]),
        by=request.user,
        expected_version=data["seen"],
    )


def _try_to_save(
    form: UploadForm, save: Any, request: HttpRequest, *given: Any
) -> SavedList | None:
    """What stands against it is put beside the field that it is about."""
    if not form.is_valid():
        return None
    try:
        saved: SavedList = save(request, form, *given)
    except ListError as error:
        form.add_error(None if error.subject else "file", str(error))
    except NameTaken:
        form.add_error("name", _("Another cohort has this name already. Choose another one."))
    except DefinitionError as error:
        for problem in error.problems:
            field = problem.path if problem.path in form.fields else None
            form.add_error(field, retell(problem.message))
    except (SaveConflict, WarehouseError) as error:
        form.add_error(None, str(error))
    else:
        return saved
    return None


def _show(saved: SavedList) -> HttpResponse:
    _count_once(saved)
    return redirect(f"{saved.cohort.get_absolute_url()}#list")


def _count_once(saved: SavedList) -> None:
    """So that the pages show a size at once. Without one it is saved all the same."""
    version = saved.cohort.current_version
    if version is not None and saved.is_changed:
        with suppress(WarehouseError, DefinitionError):
            record_count(version, as_of=timezone.now(), time_limit=settings.PREVIEW_TIME_LIMIT)


def _outcome(saved: SavedList) -> str:
    if not saved.is_changed:
        return _("The list was so already; nothing has changed.")
    values = {"added": f"{saved.made.added:,}", "removed": f"{saved.made.removed:,}"}
    return _("The list was saved: %(added)s added, %(removed)s removed.") % values


def _status(form: UploadForm) -> int:
    return 422 if form.errors else 200
