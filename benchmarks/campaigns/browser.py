"""A person who presses the Braze icon, on whatever the web server answers."""

from __future__ import annotations

from collections import Counter

import requests

PATIENCE = 20.0
# Any secret will do, as long as cookie and form agree.
CSRF = "campaigncampaigncampaigncampaign"


class Browser:
    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self.answers: Counter[str] = Counter()
        # Whatever of the product's inside a person got to see.
        self.tracebacks = 0

    def sign_in(self, session_key: str) -> None:
        self._session.cookies.update({"sessionid": session_key, "csrftoken": CSRF})

    def press_import(self, slug: str, *, seen: int) -> bool:
        """Whether the answer was a proper one. The import may have started in any case."""
        form = {"csrfmiddlewaretoken": CSRF, "seen": str(seen)}
        try:
            answer = self._session.post(
                f"{self._url}/cohorts/{slug}/import/now/",
                form,
                timeout=PATIENCE,
                allow_redirects=False,
            )
        except requests.RequestException:
            self.answers["none"] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        self.tracebacks += "Traceback" in answer.text
        return answer.status_code < 400


def open_session() -> str:
    """A signed-in session of somebody who may do everything."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user, _ = User.objects.get_or_create(
        username="governor", defaults={"is_superuser": True, "is_staff": True}
    )
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
