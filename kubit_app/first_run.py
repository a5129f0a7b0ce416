"""The first account. Whoever can read the server's terminal makes it, by a link that holds a token;
with the first account the link ends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kubit_app.roles import ADMIN


def is_new() -> bool:
    """Nobody can sign in yet."""
    return not User.objects.exists()


def setup_address() -> str:
    return f"{settings.BASE_URL}{reverse('setup', args=[_token()])}"


class FirstAdminForm(forms.ModelForm):
    password = forms.CharField(strip=False, max_length=128)
    again = forms.CharField(strip=False, max_length=128)

    class Meta:
        model = User
        fields = ["username", "email"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        password = cleaned.get("password", "")
        if password and cleaned.get("again") and password != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        try:
            validate_password(password, User(username=cleaned.get("username", "")))
        except forms.ValidationError as error:
            if password:
                self.add_error("password", error)
        return cleaned


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    if not constant_time_compare(token, _token()):
        raise Http404
    if not is_new():
        return redirect("login")
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        admin = _make_admin(form.cleaned_data)
        if admin is None:
            return redirect("login")
        login(request, admin)
        messages.success(request, _("Welcome. This page shows what to do next."))
        return redirect("home")
    status = 422 if form.errors else 200
    return render(request, "registration/setup.html", {"form": form}, status=status)


def _make_admin(said: dict[str, Any]) -> User | None:
    """None when somebody else was quicker."""
    with transaction.atomic():
        role = Group.objects.select_for_update().get(name=ADMIN)
        if not is_new():
            return None
        admin = User.objects.create_user(said["username"], said["email"], said["password"])
        admin.groups.set([role])
    return admin


def _token() -> str:
    # Follows from SECRET_KEY: nothing has to be kept, and a restart prints the same link.
    return salted_hmac("kubit_app.first_run", "the first account").hexdigest()[:32]
