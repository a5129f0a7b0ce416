"""What templates ask of the ground floor."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse

from cohorts.menu import Menu, read_menu
from cohorts.models import Dataset

register = template.Library()


@register.simple_tag(takes_context=True)
def menu_entries(context: Context) -> Menu:
    return read_menu(context["request"].user)


@register.filter
def initials(user: Any) -> str:
    words = (user.get_full_name() or user.get_username()).replace(".", " ").split()
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def of_key(values: dict[Any, Any], key: Any) -> Any:
    """A dictionary's value for a key that a template has in a variable."""
    return values.get(key, [])


@register.simple_tag
def entry_url(dataset: Dataset, kind: str, name: str) -> str:
    """The page of an event or property; `kind` is one of `DataLabel.Kind`."""
    query = urlencode({"schema": dataset.name, "kind": str(kind), "name": name})
    return f"{reverse('data_entry')}?{query}"
