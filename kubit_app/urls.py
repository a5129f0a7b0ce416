"""Every URL of the product. Who may open which stands in `kubit_app.access`."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from cohorts.data_views import show_data, show_entry
from cohorts.menu import choose_schema
from cohorts.search_views import show_results
from integrations import status_views
from integrations.dashboard import show_dashboard
from kubit_app import health
from kubit_app.accounts import LogIn, PasswordChange, choose_language

urlpatterns = [
    path("metrics", status_views.metrics, name="metrics"),
    path("status.json", status_views.status_json, name="status_json"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", show_dashboard, name="home"),
    path("login/", LogIn.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", choose_language, name="language"),
    path("schema/", choose_schema, name="schema"),
    path("search/", show_results, name="search"),
    path("data/", show_data, name="data"),
    path("data/entry/", show_entry, name="data_entry"),
    path("password/", PasswordChange.as_view(), name="password_change"),
    path("cohorts/", include("cohorts.urls")),
    path("", include("integrations.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "kubit_app.errors.something_failed"
