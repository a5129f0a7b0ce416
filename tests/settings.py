"""The product's settings with what tests change.

No setting of the person who runs the tests, and no data folder of theirs, is ever used.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from launcher.layout import setting_names

# Each worker of pytest-xdist has a folder of its own; processes that a test starts with
# these settings keep the settings they were given.
_ME = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("TESTS_PREPARED_BY") != _ME:
    for _name in setting_names():
        os.environ.pop(_name, None)
    _folder = tempfile.mkdtemp(prefix="cohort-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ |= {"TESTS_PREPARED_BY": _ME, "ENV_FILE": os.devnull, "DATA_DIR": _folder}

from kubit_app.settings import *  # noqa: E402, F403
from kubit_app.settings import DATA_DIR, DATABASES, STATIC_ROOT  # noqa: E402

DATASETS_DIR = Path(DATA_DIR) / "datasets"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A file, so that threads and processes share it.
DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / "test.sqlite3")}
# WhiteNoise warns of a folder that is not there; here a warning is an error.
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
