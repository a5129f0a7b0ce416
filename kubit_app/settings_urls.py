"""Pages of settings: one's own profile, Braze connections, people."""

from __future__ import annotations

from django.urls import path

from integrations import connection_views
from kubit_app import people_views

urlpatterns = [
    path("", people_views.show_settings, name="settings"),
    path("profile/", people_views.edit_profile, name="settings_profile"),
    path("braze/", connection_views.show_connections, name="settings_braze"),
    path("braze/new/", connection_views.add_connection, name="settings_braze_new"),
    path("braze/<int:pk>/", connection_views.edit_connection, name="settings_braze_one"),
    path(
        "braze/<int:pk>/test/",
        connection_views.test_connection,
        name="settings_braze_test",
    ),
    path(
        "braze/<int:pk>/schedules/",
        connection_views.steer_schedules,
        name="settings_braze_steer",
    ),
    path("braze/<int:pk>/limits/", connection_views.set_limits, name="settings_braze_limits"),
    path("users/", people_views.list_people, name="settings_people"),
    path("users/new/", people_views.add, name="settings_person_new"),
    path("users/<int:pk>/", people_views.edit, name="settings_person"),
    path("users/<int:pk>/active/", people_views.switch, name="settings_person_active"),
    path("users/<int:pk>/link/", people_views.make_link, name="settings_person_link"),
]
