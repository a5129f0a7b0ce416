"""Every URL of the product. Who may open which stands in `kubit_app.access`."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView

from kubit_app import health
from kubit_app.accounts import PasswordChange

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", RedirectView.as_view(pattern_name="cohorts:list"), name="home"),
    path("login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/", PasswordChange.as_view(), name="password_change"),
    path("cohorts/", include("cohorts.urls")),
    path("", include("integrations.urls")),
    path("admin/", admin.site.urls),
]
