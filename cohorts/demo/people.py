"""The people who log in to the demo: one for each role."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    role: str


_PEOPLE = [
    # username, first and last name, role
    ("admin", "Mika", "Tanaka", "Admin"),
    ("governor", "Jonas", "Weber", "Governor"),
    ("creator", "Aisha", "Bello", "Creator"),
    ("viewer", "Lucia", "Moreno", "Viewer"),
]
_WORDS = (
    "alto amber anthem ballad banjo bronze cadence canyon cello chorus cobalt copper coral duet "
    "ember encore falsetto fiddle garnet harbor indigo ivory jasper lantern lilac lyric maple "
    "marble melody meadow mosaic nectar octave olive opal orchid piano quartz refrain river "
    "saffron sonata soprano tempo timber treble tulip velvet viola walnut willow"
)


def make_people(path: Path) -> tuple[list[AbstractUser], list[Login]]:
    """The demo users; who is new gets a password, which is kept in the file at `path`.

    Passwords differ from one installation to the next, so that nobody can know them from here.
    """
    known = {login.username: login for login in read_logins(path)}
    people: list[AbstractUser] = []
    logins: list[Login] = []
    for username, first_name, last_name, role in _PEOPLE:
        person, is_new = get_user_model().objects.get_or_create(
            username=username,
            defaults={
                "first_name": first_name,
                "last_name": last_name,
                "email": f"{first_name}.{last_name}@encore.example".lower(),
            },
        )
        login = known.get(username)
        if is_new or login is None:
            login = Login(username, _new_password(), role)
            person.set_password(login.password)
            person.save(update_fields=["password"])
            person.groups.add(Group.objects.get_or_create(name=role)[0])
        people.append(person)
        logins.append(login)
    _write(path, logins)
    return people, logins


def read_logins(path: Path) -> list[Login]:
    try:
        return [Login(**each) for each in json.loads(path.read_text())]
    except FileNotFoundError:
        return []


def _new_password() -> str:
    words = "-".join(secrets.choice(_WORDS.split()) for _ in range(3))
    return f"{words}-{secrets.randbelow(9000) + 1000}"


def _write(path: Path, logins: list[Login]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump([asdict(login) for login in logins], file, indent=2)
    draft.rename(path)
