from __future__ import annotations

from django.urls import path

from integrations.inbox import views

urlpatterns = [
    path("", views.list_messages, name="inbox"),
    path("<slug:message_id>/", views.show_message, name="inbox_message"),
    path("<slug:message_id>/html/", views.show_html, name="inbox_html"),
    path("<slug:message_id>/style.css", views.show_style, name="inbox_style"),
]
