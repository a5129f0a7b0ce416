"""What people do with their own account, and how a signed-in person is fetched."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, views
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.contrib.messages.views import SuccessMessageMixin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cohorts.models import with_dataset
from integrations.models import Profile
from kubit_app.first_run import is_new


class PasswordChange(SuccessMessageMixin, views.PasswordChangeView):
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")
    success_message = _("Your password was changed.")


class LogIn(views.LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"is_new": is_new()}

    def form_valid(self, form: Any) -> HttpResponse:
        """The language a person has chosen follows them to every browser."""
        response = super().form_valid(form)
        profile = Profile.objects.filter(user=form.get_user()).first()
        if profile is not None and profile.language:
            remember_language(response, profile.language)
        return response


class AccountBackend(ModelBackend):
    """Django's own, with fewer queries on every page: preferences come with the user, and the
    rights of the user and of the groups come together."""

    def get_user(self, user_id: int) -> Any:
        users = with_dataset(get_user_model().objects.all(), "preferences__dataset")
        user = users.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = _read_permissions(user_obj)
        return set(user_obj._perm_cache)


def _read_permissions(user: Any) -> set[str]:
    permissions = Permission.objects.order_by()
    if not user.is_superuser:
        permissions = permissions.filter(Q(user=user) | Q(group__user=user))
    names = permissions.values_list("content_type__app_label", "codename")
    return {f"{label}.{codename}" for label, codename in names}


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Of pages, and of the mails to whoever is signed in."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("Choose one of the languages offered."))
    if request.user.is_authenticated:
        Profile.objects.update_or_create(user=request.user, defaults={"language": language})
    response = redirect(_page_they_came_from(request))
    remember_language(response, language)
    return response


def remember_language(response: HttpResponse, language: str) -> None:
    """In the browser. A blank one is forgotten: pages then follow what the browser asks for."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    # Read by Django's LocaleMiddleware, so no page has to ask the database for it.
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _page_they_came_from(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    own = {request.get_host()}
    return page if url_has_allowed_host_and_scheme(page, own, request.is_secure()) else "/"
