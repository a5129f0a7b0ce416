"""Loading files as a schema in the browser: choose them, say which column is which, watch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cohorts.answers import SignedInRequest, vary_by_part, wants_part
from cohorts.datasets import check_name
from cohorts.models import Dataset, DataUpload
from cohorts.preferences import find_zone
from cohorts.retelling import retell
from cohorts.uploads import MOST_BYTES, Looked, find_upload, guess, look, receive, start
from cohorts.warehouse.errors import LoadError

REPLACE = "cohorts.change_dataset"
ROLES = {
    "user_id": gettext_lazy("User id"),
    "event": gettext_lazy("Event name"),
    "time": gettext_lazy("Time"),
}


class FilesForm(forms.Form):
    name = forms.CharField(max_length=100)
    timezone = forms.CharField(max_length=64, required=False)
    events = forms.FileField(allow_empty_file=True)
    users = forms.FileField(required=False, allow_empty_file=True)
    replaces = forms.BooleanField(required=False)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            check_name(name)
        except LoadError as error:
            raise forms.ValidationError(str(error).removeprefix("NAME: ")) from None
        return name

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if name and find_zone(name) is None:
            raise forms.ValidationError(_("There is no time zone of this name."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for field in ("events", "users"):
            file = cleaned.get(field)
            if file and file.size > MOST_BYTES:
                text = _("The file is larger than 2 GB. Load it with the command add_dataset.")
                self.add_error(field, text)
        known = Dataset.objects.filter(name=cleaned.get("name", "")).exists()
        if known and not cleaned.get("replaces"):
            text = _("There is a schema of this name. Choose another, or replace it below.")
            self.add_error("name", text)
        if cleaned.get("replaces") and not known:
            self.add_error("name", _("There is no schema of this name to replace."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest) -> HttpResponse:
    replaced = Dataset.objects.filter(name=request.GET.get("schema", ""), engine="duckdb").first()
    initial = {"name": replaced.name, "replaces": True} if replaced else {"timezone": "UTC"}
    form = FilesForm(initial=initial)
    if request.method == "POST":
        form = FilesForm(request.POST, request.FILES)
        if form.is_valid():
            kept = _receive(form, request)
            if kept is not None:
                return redirect("data_load", kept.pk)
    context = {"form": form, "may_replace": request.user.has_perm(REPLACE)}
    status = 422 if form.errors else 200
    return render(request, "cohorts/data_upload.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def load(request: HttpRequest, pk: int) -> HttpResponse:
    kept = find_upload(pk)
    if kept is None:
        raise Http404
    columns, problem, looked = dict(kept.columns), "", None
    if kept.can_start:
        try:
            looked = look(kept)
        except LoadError as error:
            problem = retell(str(error))
    if looked is not None:
        columns = columns or guess(looked)
        if request.method == "POST":
            columns = {role: request.POST.get(role, "") for role in _roles(looked)}
            problem = _problem(columns, looked)
            if not problem:
                start(kept, columns)
                return redirect("data_load", pk)
    context = {
        "upload": kept,
        "looked": looked,
        "choices": _choices(looked, columns) if looked else [],
        "users_choice": columns.get("users_id", ""),
        "problem": problem,
    }
    template = "cohorts/_data_load.html" if wants_part(request) else "cohorts/data_load.html"
    return vary_by_part(render(request, template, context, status=422 if problem else 200))


def _receive(form: FilesForm, request: SignedInRequest) -> DataUpload | None:
    said = form.cleaned_data
    if said["replaces"] and not request.user.has_perm(REPLACE):
        raise PermissionDenied
    try:
        return receive(
            name=said["name"],
            replaces=said["replaces"],
            zone=said["timezone"],
            events=said["events"],
            users=said["users"],
            by=request.user,
        )
    except LoadError as error:
        form.add_error(None, retell(str(error)))
        return None


def _roles(looked: Looked) -> list[str]:
    return [*ROLES, *(["users_id"] if looked.users else [])]


def _choices(looked: Looked, columns: dict[str, str]) -> list[tuple[str, Any, str]]:
    return [(role, label, columns.get(role, "")) for role, label in ROLES.items()]


def _problem(columns: dict[str, str], looked: Looked) -> str:
    chosen = [columns[role] for role in ROLES]
    if not all(name in looked.events.columns for name in chosen):
        return _("Choose a column for the user id, the event name and the time.")
    if len(set(chosen)) < len(chosen):
        return _("User id, event name and time are three different columns.")
    if looked.users and columns["users_id"] not in looked.users.columns:
        return _("Choose the column of the user id in the file of users.")
    return ""
