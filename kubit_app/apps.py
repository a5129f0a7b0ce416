from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate


class KubitAppConfig(AppConfig):
    name = "kubit_app"

    def ready(self) -> None:
        from django.contrib.auth import get_user_model

        from kubit_app import checks, roles  # noqa: F401 - importing registers the checks

        post_migrate.connect(roles.make_roles, sender=self, dispatch_uid="roles")
        m2m_changed.connect(
            roles.open_admin_site,
            sender=get_user_model().groups.through,
            dispatch_uid="admin site for the Admin role",
        )
