"""Commands in another shell meet the product that runs on the data folder."""

from __future__ import annotations

import json
import os

import pytest

from kubit_app.running import NAMES, read_running_product


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def read(folder, content):
    (folder / "run.json").write_text(content)
    read_running_product(folder)


def test_it_takes_what_the_product_chose(tmp_path, monkeypatch):
    chosen = {"BRAZE_SANDBOX_URL": "http://127.0.0.1:9", "SECRET_KEY": "no", "DEMO": "1"}
    read(tmp_path, json.dumps({"environ": chosen}))
    assert os.environ["BRAZE_SANDBOX_URL"] == "http://127.0.0.1:9"
    assert os.environ["DEMO"] == "1"
    assert os.environ.get("SECRET_KEY") != "no"


def test_what_a_person_set_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://own.example")
    read(tmp_path, json.dumps({"environ": {"BASE_URL": "http://127.0.0.1:9"}}))
    assert os.environ["BASE_URL"] == "https://own.example"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"environ": 1}', '{"environ": {"DEMO": 1}}'])
def test_a_broken_file_is_no_file(tmp_path, content):
    read(tmp_path, content)
    read_running_product(tmp_path / "nowhere")
    assert not any(name in os.environ for name in NAMES)
