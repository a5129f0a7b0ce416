"""The four roles, as groups of permissions.

They are made once, when their group is missing: what an administrator changes afterwards stays.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

ADMIN = "Admin"

VIEWER = [
    "cohorts.view_dataset",
    "cohorts.view_cohort",
    "cohorts.view_cohortversion",
    "cohorts.view_snapshot",
    "integrations.view_importschedule",
    "integrations.view_importrun",
]
CREATOR = [*VIEWER, "cohorts.build_cohort"]
GOVERNOR = [
    *CREATOR,
    "cohorts.add_cohort",
    "cohorts.change_cohort",
    "cohorts.delete_cohort",
    "cohorts.change_datalabel",
    "integrations.add_importrun",
    "integrations.download_members",
    "integrations.view_incident",
    "integrations.add_importschedule",
    "integrations.change_importschedule",
    "integrations.delete_importschedule",
]
ROLES: dict[str, list[str]] = {"Viewer": VIEWER, "Creator": CREATOR, "Governor": GOVERNOR}
ADMIN_APPS = ["auth", "cohorts", "integrations"]


def make_roles(**_: Any) -> None:
    """After every migration: makes the groups that are missing, with their permissions."""
    for label in ADMIN_APPS:
        # The other apps' own handlers may run later than this one.
        create_permissions(installed_apps.get_app_config(label), verbosity=0)
    for name, permissions in ROLES.items():
        _make(name, _named(permissions))
    _make(ADMIN, Permission.objects.filter(content_type__app_label__in=ADMIN_APPS))


def _make(name: str, permissions: QuerySet[Permission]) -> None:
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        group.permissions.set(permissions)


def _named(names: list[str]) -> QuerySet[Permission]:
    wanted = Q()
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)


def open_admin_site(
    instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Who joins the Admin role gets into the admin site, who leaves it does not."""
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    users = [instance]
    if reverse:
        users = instance.user_set.model.objects.filter(pk__in=pk_set or ())
    for user in users:
        is_staff = user.is_superuser or user.groups.filter(name=ADMIN).exists()
        if user.is_staff != is_staff:
            user.is_staff = is_staff
            user.save(update_fields=["is_staff"])
