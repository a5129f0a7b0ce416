"""Every URL of the product. Who may open which stands in `kubit_app.access`."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from cohorts import upload_views
from cohorts.data_views import show_data, show_entry
from cohorts.menu import choose_schema
from cohorts.search_views import show_results
from integrations import status_views
from integrations.dashboard import show_dashboard
from kubit_app import health
from kubit_app.accounts import LogIn, PasswordChange, choose_language
from kubit_app.first_run import set_up
from kubit_app.people_views import SetPassword
from kubit_app.style_guide import show_style_guide

urlpatterns = [
    path("metrics", status_views.metrics, name="metrics"),
    path("status.json", status_views.status_json, name="status_json"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", show_dashboard, name="home"),
    path("login/", LogIn.as_view(), name="login"),
    path("setup/<str:token>/", set_up, name="setup"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", choose_language, name="language"),
    path("schema/", choose_schema, name="schema"),
    path("search/", show_results, name="search"),
    path("data/", show_data, name="data"),
    path("data/upload/", upload_views.upload, name="data_upload"),
    path("data/upload/<int:pk>/", upload_views.load, name="data_load"),
    path("data/entry/", show_entry, name="data_entry"),
    path("settings/", include("kubit_app.settings_urls")),
    path("style-guide/", show_style_guide, name="style_guide"),
    path("set-password/<uidb64>/<token>/", SetPassword.as_view(), name="set_password"),
    path("password/", PasswordChange.as_view(), name="password_change"),
    path("cohorts/", include("cohorts.urls")),
    path("", include("integrations.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "kubit_app.errors.something_failed"
