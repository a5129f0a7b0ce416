"""The admin site: connections to edit, schedules to pause, everything else to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django_q.models import Schedule as QueueSchedule

from cohorts.retelling import retell
from integrations.cadence import BadCadence, describe_cadence, describe_time
from integrations.connection_form import ConnectionForm, ask_braze, mask_key
from integrations.connections import (
    check_connection,
    describe_check,
    endpoint_label,
    resume_if_working,
)
from integrations.models import (
    Connection,
    ImportBatch,
    ImportRun,
    ImportSchedule,
    Incident,
    OutboxMail,
    ScheduleSlot,
)
from integrations.schedules import cadence_of, pause_schedule, resume_schedule

# Its rows would start any function by name, and our own schedules are elsewhere.
admin.site.unregister(QueueSchedule)

admin.site.site_header = gettext_lazy("Cohort Dashboard administration")
admin.site.site_title = gettext_lazy("Cohort Dashboard")
admin.site.index_title = gettext_lazy("Administration")


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):
    form = ConnectionForm
    fields = ["name", "mode", "endpoint", "new_key", "attribute", "status"]
    readonly_fields = ["status"]
    list_display = ["name", "mode", "place", "key", "status", "updated_at"]
    search_fields = ["name"]
    actions = ["test_connections"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        # A key that cannot be decrypted must not take the pages down with which it is replaced.
        return super().get_queryset(request).defer("data_import_key")

    @method_decorator(sensitive_post_parameters("new_key"))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method == "POST" and self._may_edit(request, object_id):
            # Here, because the rest runs inside a transaction, which must not wait for Braze.
            request.braze_answer = ask_braze(  # type: ignore[attr-defined]
                self.get_object(request, object_id) if object_id else None,
                endpoint=request.POST.get("endpoint", ""),
                new_key=request.POST.get("new_key", ""),
                mode=request.POST.get("mode", ""),
                attribute=request.POST.get("attribute", ""),
            )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.answer = getattr(request, "braze_answer", None)
        return form

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.warning:
            text = _("Saved, but the connection could not be tested: %s")
            messages.warning(request, text % form.warning)
        elif form.answer is not None:
            messages.success(request, describe_check(form.answer))

    def get_urls(self) -> list[URLPattern]:
        test = self.admin_site.admin_view(self.test_view)
        own = path("<int:pk>/test/", test, name="integrations_connection_test")
        return [own, *super().get_urls()]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        self._test(request, get_object_or_404(self.get_queryset(request), pk=pk))
        return redirect("admin:integrations_connection_change", pk)

    @admin.action(description=gettext_lazy("Test connection"), permissions=["change"])
    def test_connections(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        for connection in queryset:
            self._test(request, connection)

    def _test(self, request: HttpRequest, connection: Connection) -> None:
        answer = check_connection(connection)
        level = messages.SUCCESS if answer.is_accepted else messages.ERROR
        text = describe_check(answer)
        if resume_if_working(connection, answer):
            text = f"{text} {_('Imports over it go on.')}"
        messages.add_message(request, level, f"{connection.name}: {text}")

    def _may_edit(self, request: HttpRequest, object_id: str | None) -> bool:
        if object_id:
            return self.has_change_permission(request)
        return self.has_add_permission(request)

    @admin.display(description=gettext_lazy("REST endpoint"), ordering="endpoint")
    def place(self, connection: Connection) -> str:
        return endpoint_label(connection.endpoint)

    @admin.display(description=gettext_lazy("key"))
    def key(self, connection: Connection) -> str:
        return mask_key(connection)

    @admin.display(description=gettext_lazy("status"))
    def status(self, connection: Connection) -> str:
        if connection._state.adding:
            return "-"
        if connection.paused_at is None:
            return _("Active")
        return _("Paused: %s") % retell(connection.paused_reason)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the product writes: the admin site shows them and changes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        if any(field.name == "connection" for field in self.model._meta.get_fields()):
            # The key is never needed here.
            queryset = queryset.select_related("cohort", "connection")
            queryset = queryset.defer("connection__data_import_key")
        return queryset


@admin.register(ImportSchedule)
class ImportScheduleAdmin(ReadOnlyAdmin):
    list_display = ["cohort", "connection", "recurrence", "next_due_at", "paused_at", "deleted_at"]
    list_filter = ["unit", "paused_at", "deleted_at"]
    search_fields = ["cohort__name", "cohort__slug"]
    actions = ["pause", "resume"]

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("integrations.change_importschedule"))

    @admin.action(description=gettext_lazy("Pause"), permissions=["steer"])
    def pause(self, request: HttpRequest, queryset: QuerySet[ImportSchedule]) -> None:
        count = sum(pause_schedule(schedule, by=request.user) for schedule in queryset)  # type: ignore[arg-type]
        text = ngettext("%d schedule is paused.", "%d schedules are paused.", count)
        messages.success(request, text % count)

    @admin.action(description=gettext_lazy("Resume"), permissions=["steer"])
    def resume(self, request: HttpRequest, queryset: QuerySet[ImportSchedule]) -> None:
        count = 0
        for schedule in queryset:
            try:
                count += resume_schedule(schedule, by=request.user)  # type: ignore[arg-type]
            except BadCadence as bad:
                messages.error(request, f"{schedule.cohort}: {bad.message}")
        text = ngettext("%d schedule runs again.", "%d schedules run again.", count)
        messages.success(request, text % count)

    @admin.display(description=gettext_lazy("Import Recurrence"))
    def recurrence(self, schedule: ImportSchedule) -> str:
        try:
            cadence = cadence_of(schedule)
        except BadCadence as bad:
            return bad.message
        return f"{describe_cadence(cadence)}, {describe_time(cadence)}"


@admin.register(ScheduleSlot)
class ScheduleSlotAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "due_at", "outcome", "note", "decided_at"]
    list_filter = ["outcome"]
    list_select_related = ["schedule__cohort"]
    date_hierarchy = "due_at"


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = [
        "pk",
        "cohort",
        "connection",
        "trigger",
        "state",
        "queued_at",
        "size",
        "added",
        "removed",
        "error_kind",
    ]
    list_display_links = ["pk", "cohort"]
    list_filter = ["state", "trigger", "connection"]
    search_fields = ["cohort__name", "cohort__slug"]
    date_hierarchy = "queued_at"


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ["run_id", "number", "state", "added", "removed", "tries", "status_code", "note"]
    list_display_links = ["number"]
    list_filter = ["state"]
    search_fields = ["=run__pk"]


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnlyAdmin):
    list_display = ["recipient", "subject", "state", "attempts", "next_try_at", "error"]
    list_filter = ["state", "kind"]
    search_fields = ["recipient", "subject", "=run__pk"]


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "text"]
    list_filter = ["kind"]
    date_hierarchy = "at"
