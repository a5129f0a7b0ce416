"""Every URL of the product. Who may open which stands in `kubit_app.access`."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="cohorts:list"), name="home"),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("cohorts/", include("cohorts.urls")),
    path("", include("integrations.urls")),
    path("admin/", admin.site.urls),
]
