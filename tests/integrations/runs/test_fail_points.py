"""A fail point kills the process that reaches it: once, and only where it is armed."""

from __future__ import annotations

import signal

import pytest

from integrations import fail_points


@pytest.fixture
def killed(monkeypatch):
    signals = []
    monkeypatch.setattr(fail_points.os, "kill", lambda pid, number: signals.append(number))
    return signals


def test_it_kills_once(settings, tmp_path, killed):
    file = tmp_path / "point"
    file.write_text("closed")
    settings.FAIL_POINT_FILE = str(file)
    fail_points.reach("before_close")
    assert killed == []
    fail_points.reach("closed")
    fail_points.reach("closed")
    assert killed == [signal.SIGKILL]


def test_a_batch_can_be_named(settings, tmp_path, killed):
    file = tmp_path / "point"
    file.write_text("sending_committed:3")
    settings.FAIL_POINT_FILE = str(file)
    fail_points.reach("sending_committed", 2)
    assert killed == []
    fail_points.reach("sending_committed", 3)
    assert killed == [signal.SIGKILL]


def test_it_is_off_without_the_setting(settings, killed):
    settings.FAIL_POINT_FILE = ""
    fail_points.reach("closed")
    assert killed == []
