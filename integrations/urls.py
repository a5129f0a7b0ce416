"""Pages of imports: the dialog, schedules, history, runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from integrations import (
    calendar_views,
    cohort_export,
    import_views,
    notices,
    review_views,
    run_views,
    schedule_views,
    status_views,
)

app_name = "integrations"
urlpatterns: list[URLPattern | URLResolver] = [
    path("schedule/", schedule_views.list_schedules, name="schedule"),
    path("schedule/<int:pk>/pause/", schedule_views.pause, name="schedule_pause"),
    path("schedule/<int:pk>/resume/", schedule_views.resume, name="schedule_resume"),
    path("schedule/<int:pk>/delete/", schedule_views.delete, name="schedule_delete"),
    path("schedule/calendar/", calendar_views.show_calendar, name="calendar"),
    path("imports/", run_views.list_runs, name="runs"),
    path("imports/next-times/", import_views.next_times, name="next_times"),
    path("imports/<int:pk>/", run_views.show_run, name="run"),
    path("imports/<int:pk>/left-out.csv", run_views.left_out, name="run_left_out"),
    path("imports/<int:pk>/requests.csv", run_views.download_requests, name="run_requests"),
    path("imports/<int:pk>/review/", review_views.review, name="run_review"),
    path("imports/<int:pk>/approve/", run_views.approve, name="run_approve"),
    path("imports/<int:pk>/<str:change>.csv", run_views.download_ids, name="run_ids"),
    path("imports/<int:pk>/cancel/", run_views.cancel, name="run_cancel"),
    path("cohorts/export.csv", cohort_export.export_cohorts, name="cohorts_csv"),
    path("cohorts/<slug:slug>/import/", import_views.import_dialog, name="import"),
    path("cohorts/<slug:slug>/import/now/", import_views.import_now, name="import_now"),
    path("cohorts/<slug:slug>/import/remove/", import_views.remove, name="import_remove"),
    path("cohorts/<slug:slug>/import/preview/", import_views.preview, name="import_preview"),
    path("cohorts/<slug:slug>/imports/", run_views.show_history, name="history"),
    path("notices/", notices.list_notices, name="notices"),
    path("notices/read/", notices.mark_read, name="notices_read"),
    path("status/", status_views.show_status, name="status"),
    path("inbox/", include("integrations.inbox.urls")),
]
