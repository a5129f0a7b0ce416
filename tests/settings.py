"""The product's settings with what tests change."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="cohort-tests-"))

from kubit_app.settings import *  # noqa: F403

DATASETS_DIR = Path(os.environ["DATA_DIR"]) / "datasets"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
