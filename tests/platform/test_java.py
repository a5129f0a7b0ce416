"""Java for the tests of Spark: found, or installed by apt-get, or said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher import java

OPENJDK = 'openjdk version "{}" 2025-04-15\nOpenJDK Runtime Environment'


class Machine:
    """A search path that holds a Java and an apt-get of our own, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "asked"

    def add_java(self, version: str, folder: Path | None = None) -> None:
        script = f"cat >&2 <<'END'\n{OPENJDK.format(version)}\nEND\n"
        self._add(folder or self.folder, "java", script)

    def add_apt(self, *packages: str) -> None:
        """Which has these packages."""
        self.add_java("17.0.1", self.folder / "package")
        cases = "".join(
            f'*" install "*{package}) cp {self.folder}/package/java {self.folder}/java;;\n'
            for package in packages
        )
        self._add(
            self.folder,
            "apt-get",
            f'/bin/echo "$DEBIAN_FRONTEND $*" >>{self.log}\ncase "$*" in\n{cases}'
            '*update) exit 100;;\n*) /bin/echo "E: Unable to locate package"; exit 100;;\nesac\n',
        )

    @property
    def asked(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        assert all(line.startswith("noninteractive -qq ") for line in lines)
        return [" ".join(line.split()[-3:]) for line in lines]

    def _add(self, folder: Path, name: str, script: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}")
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java.os, "geteuid", lambda: 0)
    return Machine(folder)


@pytest.mark.parametrize("version", ["17.0.15", "21", "25.0.1-ea"])
def test_a_java_that_is_there_is_left_alone(
    version: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.add_java(version)
    machine.add_apt("openjdk-17-jre-headless")
    java.ensure_java()
    assert machine.asked == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("package", ["openjdk-17-jre-headless", "openjdk-21-jre-headless"])
def test_it_is_installed_from_the_systems_packages(
    package: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.add_apt(package)
    java.ensure_java()
    assert java.find_lack() is None
    # A package index that cannot be renewed does not end it: the old one may do.
    assert machine.asked[0].endswith("update")
    assert machine.asked[-1] == f"-y --no-install-recommends {package}"
    assert capsys.readouterr().err == ""


def test_one_that_is_too_old_is_not_taken(machine: Machine) -> None:
    for version, found in (("1.8.0_412", 8), ("11.0.2", 11)):
        machine.add_java(version)
        assert java.find_lack() == f"java is Java {found}."
    machine.add_apt("openjdk-17-jre-headless")
    java.ensure_java()
    assert java.find_lack() is None


def test_where_it_cannot_be_had_that_is_said(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.add_apt()
    java.ensure_java()
    said = capsys.readouterr().err
    assert said.startswith("Spark will NOT be tested: There is no Java. Install Java 17")
    assert "Unable to locate package" in said


def test_without_the_right_to_install_nothing_is_tried(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    java.ensure_java()
    machine.add_apt("openjdk-17-jre-headless")
    monkeypatch.setattr(java.os, "geteuid", lambda: 1000)
    java.ensure_java()
    assert machine.asked == []
    assert capsys.readouterr().err.count("Spark will NOT be tested: There is no Java.") == 2


def test_the_java_that_spark_would_take_counts(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.add_java("17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert "no Java in JAVA_HOME" in str(java.find_lack())
    machine.add_java("11.0.1", tmp_path / "home" / "bin")
    assert "is Java 11" in str(java.find_lack())
    machine.add_java("21.0.1", tmp_path / "home" / "bin")
    assert java.find_lack() is None
