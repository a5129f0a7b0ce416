"""Pages of cohorts. Fixed words stand before `<slug>` so that they win; `slug_for` avoids them."""

from __future__ import annotations

from django.urls import URLPattern, path

from cohorts import builder_views, list_views, member_views, menu, tags, views
from cohorts.page import member_views as page_members
from cohorts.page import version_views
from cohorts.page import views as page

app_name = "cohorts"
urlpatterns: list[URLPattern] = [
    path("", views.list_cohorts, name="list"),
    path("new/", builder_views.new, name="new"),
    path("new/list/", list_views.upload, name="upload"),
    path("tags/", tags.change_tags, name="tags"),
    path("builder/preview/", builder_views.preview, name="preview"),
    path("builder/sample/", builder_views.sample, name="sample"),
    path("builder/save/", builder_views.save, name="save"),
    path("builder/values/", builder_views.values, name="values"),
    path("builder/sql/", builder_views.sql, name="sql"),
    path("builder/catalog/", builder_views.catalog, name="catalog"),
    path("builder/check/", member_views.check_draft, name="check_draft"),
    path("<slug:slug>/", page.show_cohort, name="detail"),
    path("<slug:slug>/counts/", page.show_counts, name="counts"),
    path("<slug:slug>/sizes/", page.show_sizes, name="sizes"),
    path("<slug:slug>/overlap/", page.show_overlap, name="overlap"),
    path("<slug:slug>/breakdown/", page.show_breakdown, name="breakdown"),
    path("<slug:slug>/members/", page_members.show_members, name="members"),
    path("<slug:slug>/members.csv", page_members.export_members, name="export_members"),
    path("<slug:slug>/sql/", version_views.show_sql, name="show_sql"),
    path("<slug:slug>/changes/", version_views.show_changes, name="changes"),
    path("<slug:slug>/changes/compare/", version_views.compare, name="compare"),
    path("<slug:slug>/changes/<int:number>/", version_views.restore_version, name="restore"),
    path("<slug:slug>/activity/", version_views.show_activity, name="activity"),
    path("<slug:slug>/duplicate/", version_views.duplicate, name="duplicate"),
    path("<slug:slug>/edit/", builder_views.edit, name="edit"),
    path("<slug:slug>/star/", menu.star, name="star"),
    path("<slug:slug>/info/", views.show_info, name="info"),
    path("<slug:slug>/check/", member_views.check_member, name="check"),
    path("<slug:slug>/list/", list_views.change_list, name="change_list"),
    path("<slug:slug>/disable/", views.disable, name="disable"),
]
