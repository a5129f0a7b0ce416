from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_it_shows_the_parts_in_both_themes_while_debugging(client: Client, settings: Any) -> None:
    client.force_login(make_user("Viewer"))
    assert client.get("/style-guide/").status_code == 404
    settings.DEBUG = True
    page = client.get("/style-guide/").content.decode()
    assert page.count("Components and states") > 1
    for theme in ("light", "dark"):
        assert f'data-theme="{theme}"' in page
    assert "&lt;b&gt;Whales&lt;/b&gt;" in page
    assert "12,345,678" in page
