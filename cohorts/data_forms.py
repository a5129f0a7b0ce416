"""What people say of an event or a property."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from cohorts.models import DataLabel

LONGEST_DESCRIPTION = 2000


class LabelForm(forms.ModelForm):
    class Meta:
        model = DataLabel
        fields = ["display_name", "description", "category", "is_hidden"]

    def clean_description(self) -> str:
        text: str = self.cleaned_data["description"]
        if len(text) > LONGEST_DESCRIPTION:
            message = _("The description has at most %(most)s characters.")
            raise forms.ValidationError(message % {"most": f"{LONGEST_DESCRIPTION:,}"})
        return text
