from __future__ import annotations

import re
from pathlib import Path

import pytest

from launcher import environment
from launcher.console import Stop
from launcher.layout import ENGINES_LOCK, ENGINES_TEST_LOCK, RUNTIME_LOCK, TEST_LOCK


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.fixture
def installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which locks were installed; the installing itself is the only thing replaced."""
    done: list[Path] = []

    def install(lock: Path) -> None:
        environment.VENV_PYTHON.parent.mkdir(parents=True, exist_ok=True)
        environment.VENV_PYTHON.touch()
        done.append(lock)

    monkeypatch.setattr(environment, "VENV_PYTHON", tmp_path / "venv/bin/python")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "venv/.installed.json")
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "_install_with_pip", install)
    return done


def test_the_lock_of_the_tests_holds_all_of_the_products_at_the_same_versions() -> None:
    assert pinned(RUNTIME_LOCK).items() <= pinned(TEST_LOCK).items()
    assert pinned(RUNTIME_LOCK).items() <= pinned(ENGINES_LOCK).items()
    assert pinned(TEST_LOCK).items() <= pinned(ENGINES_TEST_LOCK).items()
    assert len(pinned(RUNTIME_LOCK)) > 20


def test_it_installs_once(installs: list[Path]) -> None:
    environment.ensure_environment()
    environment.ensure_environment()
    assert installs == [RUNTIME_LOCK]


def test_who_has_the_tests_packages_needs_no_others(installs: list[Path]) -> None:
    environment.ensure_environment(tests=True)
    environment.ensure_environment()
    assert installs == [TEST_LOCK]


def test_the_tests_need_more_than_the_product(installs: list[Path]) -> None:
    environment.ensure_environment()
    environment.ensure_environment(tests=True)
    assert installs == [RUNTIME_LOCK, TEST_LOCK]


def test_a_changed_lock_is_installed_anew(
    installs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.ensure_environment()
    changed = tmp_path / RUNTIME_LOCK.name
    changed.write_text("django==5.2.99\n")
    monkeypatch.setattr(environment, "RUNTIME_LOCK", changed)
    environment.ensure_environment()
    assert installs == [RUNTIME_LOCK, changed]


def test_an_interrupted_installation_counts_as_none(
    installs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.ensure_environment()
    complete = environment._install_with_pip

    def interrupted(lock: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "_install_with_pip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        environment.ensure_environment(tests=True)
    monkeypatch.setattr(environment, "_install_with_pip", complete)
    environment.ensure_environment()
    assert installs == [RUNTIME_LOCK, RUNTIME_LOCK]


def test_a_failing_command_is_told_by_its_last_words() -> None:
    with pytest.raises(Stop, match=r"It did not work\.\n    the reason"):
        environment._must(["sh", "-c", "echo the reason; exit 3"], "It did not work.")


def test_packages_for_engines_stay_when_tests_come(installs: list[Path]) -> None:
    environment.ensure_environment(engines=True)
    environment.ensure_environment()
    environment.ensure_environment(tests=True)
    environment.ensure_environment(engines=True)
    environment.ensure_environment(tests=True, engines=True)
    assert installs == [ENGINES_LOCK, ENGINES_TEST_LOCK]
