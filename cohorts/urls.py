"""Pages of cohorts. Fixed words stand before `<slug>` so that they win; `slug_for` avoids them."""

from __future__ import annotations

from django.urls import URLPattern, path

from cohorts import views

app_name = "cohorts"
urlpatterns: list[URLPattern] = [
    path("", views.list_cohorts, name="list"),
    # The builder's pages stand here.
    path("<slug:slug>/", views.show_cohort, name="detail"),
    path("<slug:slug>/info/", views.show_info, name="info"),
    path("<slug:slug>/disable/", views.disable, name="disable"),
]
