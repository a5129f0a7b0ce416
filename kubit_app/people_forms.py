"""Adding a person, changing them, and what a person chooses for themselves."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.preferences import find_zone
from integrations.models import Profile
from kubit_app.roles import ADMIN, ROLES

# What each role may do, in the order in which one holds more than the one before.
ROLE_WORDS = {
    "Viewer": gettext_lazy("Looks at cohorts, schedules and imports."),
    "Creator": gettext_lazy("Builds and previews cohorts, too, without saving them."),
    "Governor": gettext_lazy("Saves cohorts, schedules and starts imports, describes data."),
    ADMIN: gettext_lazy("Manages people, data and Braze connections, too."),
}


def sorted_roles() -> list[Group]:
    order = [*ROLES, ADMIN]
    groups = list(Group.objects.all())
    return sorted(groups, key=lambda g: (order.index(g.name) if g.name in order else 99, g.name))


class RoleForm(forms.Form):
    role = forms.ModelChoiceField(Group.objects.all(), to_field_name="name", empty_label=None)

    @property
    def role_options(self) -> list[tuple[str, Any]]:
        return [(group.name, ROLE_WORDS.get(group.name, "")) for group in sorted_roles()]


class DetailsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["first_name", "last_name", "email"]

    def clean_email(self) -> str:
        return free_address(self.cleaned_data["email"], self.instance)


class NewPersonForm(RoleForm, forms.ModelForm):
    password = forms.CharField(required=False, strip=False, max_length=128)
    # How they get in: by a link with which they choose a password, or by one chosen for them.
    way = forms.ChoiceField(choices=[("link", ""), ("password", "")])

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]

    def clean_email(self) -> str:
        return free_address(self.cleaned_data["email"], self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("way") != "password":
            cleaned["password"] = ""
            return cleaned
        person = User(
            username=cleaned.get("username", ""),
            email=cleaned.get("email", ""),
            first_name=cleaned.get("first_name", ""),
            last_name=cleaned.get("last_name", ""),
        )
        try:
            validate_password(cleaned.get("password", ""), person)
        except forms.ValidationError as error:
            self.add_error("password", error)
        return cleaned


def free_address(email: str, person: User) -> str:
    """Mails are written in the language of whoever signs in with the address: one person."""
    if email and User.objects.exclude(pk=person.pk).filter(email__iexact=email).exists():
        raise forms.ValidationError(_("Somebody else has this e-mail address."))
    return email


class ProfileForm(forms.Form):
    language = forms.ChoiceField(choices=[("", ""), *settings.LANGUAGES], required=False)
    timezone = forms.CharField(max_length=64, required=False)
    notify = forms.ChoiceField(choices=Profile.Notify.choices, required=False)

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if name and (find_zone(name) is None or name not in available_timezones()):
            raise forms.ValidationError(_("There is no time zone of this name."))
        return name
