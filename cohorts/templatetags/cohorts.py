"""What templates ask of the ground floor."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import ngettext

from cohorts.models import Dataset

register = template.Library()


@register.simple_tag(takes_context=True)
def dataset_in_view(context: Context) -> str:
    """Name of the page's dataset; without one, of the only dataset, or how many there are."""
    chosen = context.get("dataset")
    if isinstance(chosen, Dataset):
        return chosen.name
    names = list(Dataset.objects.values_list("name", flat=True))
    if len(names) == 1:
        return names[0]
    return ngettext("%d schema", "%d schemas", len(names)) % len(names) if names else ""


@register.filter
def initials(user: Any) -> str:
    words = (user.get_full_name() or user.get_username()).replace(".", " ").split()
    return "".join(word[0] for word in words[:2]).upper()
