"""Who may sign in and in which role. One Admin at least always remains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from kubit_app.roles import ADMIN


class LastAdmin(Exception):
    """Nobody could manage the installation any more. The text says what to do first."""


def admins() -> QuerySet[User]:
    is_admin = Q(is_superuser=True) | Q(groups__name=ADMIN)
    return User.objects.filter(is_admin, is_active=True).distinct()


def add_person(
    *, username: str, email: str, first_name: str, last_name: str, role: Group, password: str = ""
) -> User:
    """Without a password nobody can sign in as them before they set one by their link."""
    with transaction.atomic():
        user = User.objects.create_user(
            username, email, password or None, first_name=first_name, last_name=last_name
        )
        user.groups.set([role])
    return user


def change_role(user: User, role: Group) -> None:
    """Exactly this one. Raises LastAdmin."""
    with _one_admin_remains():
        user.groups.set([role])
        user.is_superuser = user.is_superuser and role.name == ADMIN
        user.is_staff = role.name == ADMIN
        user.save(update_fields=["is_superuser", "is_staff"])


def set_active(user: User, *, is_active: bool) -> None:
    """Who is deactivated is signed out at once; cohorts, schedules and runs stay. Raises
    LastAdmin."""
    with _one_admin_remains():
        user.is_active = is_active
        user.save(update_fields=["is_active"])


def role_of(user: User) -> str:
    """As the list shows it. Read the groups with the users."""
    names = [group.name for group in user.groups.all()]
    if user.is_superuser and ADMIN not in names:
        names.insert(0, ADMIN)
    return ", ".join(names)


def password_address(user: User) -> str:
    """Where they set their own password, once; see PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return reverse("set_password", args=[uid, token])


@contextmanager
def _one_admin_remains() -> Iterator[None]:
    with transaction.atomic():
        # Two who take each other's role away must not both succeed.
        Group.objects.select_for_update().filter(name=ADMIN).first()
        yield
        if not admins().exists():
            raise LastAdmin(
                _("This is the only Admin who can sign in. Make somebody else an Admin first.")
            )
