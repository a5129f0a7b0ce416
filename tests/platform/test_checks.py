from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

from launcher import testing


def ids(*, deploy: bool = False) -> set[str]:
    found = run_checks(include_deployment_checks=deploy)
    return {message.id for message in found if message.id.startswith("kubit.")}


def test_the_settings_as_they_come_are_well() -> None:
    assert ids() == set()


def test_generated_secrets_are_refused_in_production_only(settings) -> None:
    settings.GENERATED_SECRETS = ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"]
    assert ids() == set()
    settings.BASE_URL = "https://cohorts.example"
    assert ids() == {"kubit.E001", "kubit.E002"}
    settings.GENERATED_SECRETS = ["FIELD_ENCRYPTION_KEYS"]
    assert ids() == {"kubit.E002"}


def test_a_key_that_is_none_is_named_by_its_place(settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), "not a key"]
    (message,) = run_checks()
    assert message.id == "kubit.E003"
    assert "Key 2" in message.msg
    assert "not a key" not in message.msg


@pytest.mark.parametrize("url", ["", "cohorts.example", "ftp://cohorts.example", "https://"])
def test_an_address_nobody_can_type_is_refused(settings, url: str) -> None:
    settings.BASE_URL = url
    assert "kubit.E004" in ids()


def test_a_retry_that_would_start_a_waiting_task_twice_is_refused(settings) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "retry": settings.Q_CLUSTER["timeout"] + 1}
    assert ids() == {"kubit.E005"}


def test_partner_keys_of_regions_that_are_none_are_refused(settings) -> None:
    settings.BRAZE_PARTNER_KEYS = {"US": "secret-1", "JP": "secret-2"}
    (message,) = run_checks()
    assert message.id == "kubit.E006"
    assert "'JP'" in message.msg
    assert "secret" not in message.msg


def test_a_data_folder_that_cannot_be_written_is_refused(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path / "nowhere"
    assert ids() == {"kubit.E008"}


def test_a_demo_in_production_is_warned_of(settings) -> None:
    settings.DEMO = True
    settings.BASE_URL = "https://cohorts.example"
    settings.GENERATED_SECRETS = []
    assert ids(deploy=True) == {"kubit.W001"}


def test_the_deployment_check_takes_nothing_from_this_shell(monkeypatch) -> None:
    environ = {"DEMO": "1", "DEBUG": "1", "SECRET_KEY": "x", "PATH": "/bin"}
    made = testing.production_environment(environ)
    assert {"DEMO", "DEBUG"}.isdisjoint(made)
    assert made["PATH"] == "/bin"
    assert made["SECRET_KEY"] == testing.PRODUCTION["SECRET_KEY"]


def test_what_belongs_to_campaigns_is_refused_in_production(settings) -> None:
    settings.GENERATED_SECRETS = []
    settings.TIME_COMPRESSION = 10
    settings.FAIL_POINT_FILE = "/tmp/point"
    assert ids() == set()
    settings.BASE_URL = "https://cohorts.example"
    assert ids() == {"kubit.E009"}
    settings.FAIL_POINT_FILE = ""
    assert ids() == {"kubit.E009"}
    settings.TIME_COMPRESSION = 1
    assert ids() == set()


@pytest.mark.parametrize("factor", [0, -1, 21])
def test_time_can_be_compressed_only_so_far(settings, factor: int) -> None:
    settings.TIME_COMPRESSION = factor
    assert ids() == {"kubit.E009"}


@pytest.mark.parametrize(("name", "value"), [("HOLD_DAYS", 0), ("KEEP_DAYS", 29)])
def test_values_that_would_do_harm_are_refused(settings, name: str, value: int) -> None:
    setattr(settings, name, value)
    assert ids() == {"kubit.E010"}
