"""The static files as production serves them: hashed, and every reference among them holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.layout import ROOT
from tests.running_product import product_environ


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env={**product_environ(), "DATA_DIR": str(folder)},
        check=True,
    )
    return folder / "static"


def test_every_file_of_ours_is_collected_under_a_hashed_name(collected: Path) -> None:
    manifest = json.loads((collected / "staticfiles.json").read_text())["paths"]
    ours = {
        str(path.relative_to(ROOT / "static"))
        for path in (ROOT / "static").rglob("*")
        if path.is_file()
    }
    assert ours <= set(manifest)
    assert all((collected / hashed).is_file() for hashed in manifest.values())


def test_every_module_imports_files_that_are_there(collected: Path) -> None:
    imports = 0
    for module in (collected / "js").rglob("*.js"):
        for target in re.findall(
            r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", module.read_text()
        ):
            imports += 1
            found = Path(os.path.normpath(module.parent / target))
            assert found.is_file(), f"{module.name} imports {target}"
            assert re.search(r"\.[0-9a-f]{12}\.js$", target), f"{module.name}: {target} has no hash"
    assert imports > 20


def test_files_are_compressed_beforehand(collected: Path) -> None:
    (tokens,) = collected.glob("css/tokens.*.css")
    assert tokens.with_name(f"{tokens.name}.br").stat().st_size < tokens.stat().st_size
    assert tokens.with_name(f"{tokens.name}.gz").exists()
