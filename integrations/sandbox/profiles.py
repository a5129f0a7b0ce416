"""Which profile an identifier belongs to, and how a profile is written in a member list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from integrations.sandbox.fixture import Profile

DEVICE = "device:"
ALIAS = "alias:"


def write_member(profile: Profile) -> str:
    """The external id; for an anonymous profile its first device id, else its first alias."""
    if profile.external_id is not None:
        return profile.external_id
    if profile.device_ids:
        return DEVICE + profile.device_ids[0]
    return ALIAS + ":".join(profile.aliases[0])


class EveryProfile:
    """No user list was given: every id exists, device ids as anonymous profiles of their own."""

    def by_external_ids(self, ids: Iterable[str]) -> Iterator[str]:
        return (each for each in ids if each)

    def by_device_ids(self, ids: Iterable[str]) -> Iterator[str]:
        return (DEVICE + each for each in ids if each)

    def by_aliases(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        return (f"{ALIAS}{label}:{name}" for label, name in pairs if label and name)


class ListedProfiles:
    """Only the listed profiles exist; whatever matches none of them is dropped."""

    def __init__(self, users: Iterable[Profile]) -> None:
        self._external: dict[str, str] = {}
        self._devices: dict[str, str] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        for user in users:
            member = write_member(user)
            if user.external_id is None:
                # Device ids of identified profiles match nobody, so they are not kept.
                self._devices.update(dict.fromkeys(user.device_ids, member))
            else:
                self._external[user.external_id] = member
            self._aliases.update(dict.fromkeys(user.aliases, member))

    def by_external_ids(self, ids: Iterable[str]) -> Iterator[str]:
        return (self._external[each] for each in ids if each in self._external)

    def by_device_ids(self, ids: Iterable[str]) -> Iterator[str]:
        return (self._devices[each] for each in ids if each in self._devices)

    def by_aliases(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        return (self._aliases[pair] for pair in pairs if pair in self._aliases)


Profiles = EveryProfile | ListedProfiles


def make_profiles(users: tuple[Profile, ...] | None) -> Profiles:
    return EveryProfile() if users is None else ListedProfiles(users)
