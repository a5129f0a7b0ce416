"""Settings of people: one's own profile, and for Admins who may sign in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.answers import SignedInRequest
from cohorts.preferences import change_preferences, find_preferences
from integrations.models import Profile
from integrations.recurrence_form import zone_choices
from kubit_app.accounts import remember_language
from kubit_app.people import (
    LastAdmin,
    add_person,
    admins,
    change_role,
    password_address,
    role_of,
    set_active,
)
from kubit_app.people_forms import DetailsForm, NewPersonForm, ProfileForm, RoleForm

PAGE_SIZE = 50


@require_safe
def show_settings(request: HttpRequest) -> HttpResponse:
    return redirect("settings_profile")


@require_http_methods(["GET", "HEAD", "POST"])
def edit_profile(request: SignedInRequest) -> HttpResponse:
    profile = Profile.objects.filter(user=request.user).first() or Profile(user=request.user)
    preferences = find_preferences(request.user)
    initial = {
        "language": profile.language,
        "timezone": preferences.timezone if preferences else "",
        "notify": profile.notify,
    }
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        chosen = {"language": said["language"], "notify": said["notify"]}
        Profile.objects.update_or_create(user=request.user, defaults=chosen)
        change_preferences(request.user, timezone=said["timezone"])
        messages.success(request, _("Saved."))
        response = redirect("settings_profile")
        remember_language(response, said["language"])
        return response
    context = {
        "form": form,
        "languages": settings.LANGUAGES,
        "zones": zone_choices(),
        "notify_choices": Profile.Notify.choices,
        "themes": [("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        "role": role_of(request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "settings/profile.html", context, status=status)


@require_safe
def list_people(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "")
    people = User.objects.prefetch_related("groups").order_by("-is_active", "username")
    for word in search.split()[:8]:
        named = (
            f"{field}__icontains" for field in ("username", "email", "first_name", "last_name")
        )
        matches = Q()
        for lookup in named:
            matches |= Q(**{lookup: word})
        people = people.filter(matches)
    page = Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(person, role_of(person)) for person in page.object_list]
    return render(request, "settings/people.html", {"page": page, "rows": rows, "search": search})


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None, initial={"role": "Viewer", "way": "link"})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        way = said.pop("way")
        person = add_person(**said)
        messages.success(request, _("%s was added.") % person.get_username())
        if way == "link":
            return _show(request, person, has_link=True)
        return redirect("settings_person", person.pk)
    context = {"form": form}
    status = 422 if form.errors else 200
    return render(request, "settings/person_new.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Details and role in one form."""
    person = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        return _show(request, person)
    details, role = DetailsForm(request.POST, instance=person), RoleForm(request.POST)
    if details.is_valid() & role.is_valid():
        try:
            change_role(person, role.cleaned_data["role"])
        except LastAdmin as refused:
            role.add_error("role", str(refused))
        else:
            details.save()
            messages.success(request, _("Saved."))
            return redirect("settings_person", person.pk)
    return _show(request, get_object_or_404(User, pk=pk), details=details, role=role)


@require_POST
def switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Deactivate, or let in again."""
    person = get_object_or_404(User, pk=pk)
    is_active = request.POST.get("active") == "yes"
    if person == request.user and not is_active:
        messages.error(request, _("Ask another Admin to deactivate your own account."))
        return redirect("settings_person", pk)
    try:
        set_active(person, is_active=is_active)
    except LastAdmin as refused:
        messages.error(request, str(refused))
        return redirect("settings_person", pk)
    text = _("%s can sign in again.") if is_active else _("%s can no longer sign in.")
    messages.success(request, text % person.get_username())
    return redirect("settings_person", pk)


@never_cache
@require_POST
def make_link(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new one-time link; it is shown in this answer and nowhere else."""
    return _show(request, get_object_or_404(User, pk=pk, is_active=True), has_link=True)


class SetPassword(auth_views.PasswordResetConfirmView):
    """Behind the one-time link."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return super().form_valid(form)


def _show(
    request: SignedInRequest,
    person: User,
    *,
    details: DetailsForm | None = None,
    role: RoleForm | None = None,
    has_link: bool = False,
) -> HttpResponse:
    held = [group.name for group in person.groups.all()]
    current = "Admin" if person.is_superuser else next(iter(held), "")
    context = {
        "person": person,
        "details": details or DetailsForm(instance=person),
        "role": role or RoleForm(initial={"role": current}),
        "roles_held": role_of(person),
        "is_last_admin": list(admins()[:2]) == [person],
        "link": request.build_absolute_uri(password_address(person)) if has_link else "",
        "link_days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    is_wrong = bool((details and details.errors) or (role and role.errors))
    return render(request, "settings/person.html", context, status=422 if is_wrong else 200)
