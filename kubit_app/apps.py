from __future__ import annotations

from django.apps import AppConfig, apps
from django.db.models.signals import m2m_changed, post_migrate


class KubitAppConfig(AppConfig):
    name = "kubit_app"

    def ready(self) -> None:
        from django.contrib.auth import get_user_model

        from kubit_app import checks, roles  # noqa: F401 - importing registers the checks

        # Apps without models send no such signal; this is the last of those that roles speak of.
        last = apps.get_app_config("integrations")
        post_migrate.connect(roles.make_roles, sender=last, dispatch_uid="roles")
        m2m_changed.connect(
            roles.open_admin_site,
            sender=get_user_model().groups.through,
            dispatch_uid="admin site for the Admin role",
        )
