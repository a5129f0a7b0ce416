"""The forms of static cohorts: a new one from a list, and a change of the list of one."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Dataset
from cohorts.static_lists import Action, Upload

# What is pasted stays in memory: the longest text whose every character may take four bytes.
LONGEST_PASTE = 600_000
# Of a file. Five million of the longest usual ids with a name beside each are a third of it.
MOST_BYTES = 1_000_000_000


class UploadForm(forms.Form):
    """Ids in a file or pasted, and how to read them."""

    file = forms.FileField(required=False, allow_empty_file=True)
    pasted = forms.CharField(required=False, max_length=LONGEST_PASTE, strip=False)
    header = forms.ChoiceField(
        choices=[
            ("detect", gettext_lazy("Find out")),
            ("yes", gettext_lazy("Is the name of the column")),
            ("no", gettext_lazy("Is an id")),
        ],
        initial="detect",
    )
    column = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "file" in self.errors or "pasted" in self.errors:
            return cleaned
        given = [name for name in ("file", "pasted") if cleaned.get(name)]
        if not given:
            self.add_error("file", _("Choose a file, or paste the ids."))
        elif cleaned["file"] and cleaned["file"].size > MOST_BYTES:
            message = _("The file is larger than 1 GB. Leave only the column of the ids in it.")
            self.add_error("file", message)
        elif len(given) > 1:
            self.add_error("file", _("Give either a file or pasted ids, not both."))
        return cleaned

    def upload(self) -> Upload:
        file = self.cleaned_data["file"]
        reading = {"header": self.cleaned_data["header"], "column": self.cleaned_data["column"]}
        if file is None:
            return Upload(file=io.BytesIO(self.cleaned_data["pasted"].encode()), **reading)
        return Upload(file=file.file, name=file.name, **reading)


class NewListForm(UploadForm):
    name = forms.CharField(max_length=255)
    description = forms.CharField(required=False, max_length=5000)
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")


class ChangeListForm(UploadForm):
    action = forms.ChoiceField(
        choices=[
            (Action.APPENDED.value, gettext_lazy("Append these ids")),
            (Action.REPLACED.value, gettext_lazy("Replace the list by these ids")),
            (Action.REMOVED.value, gettext_lazy("Remove these ids")),
        ]
    )
    # The version on the screen: a change made meanwhile by someone else is not overwritten.
    seen = forms.IntegerField(min_value=0)
