"""What the upload page takes."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cohorts import list_forms
from cohorts.list_forms import UploadForm


@pytest.mark.parametrize(("most", "refused"), [(7, False), (6, True)])
def test_a_file_that_is_too_large_is_refused_with_what_to_do(
    most: int, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_forms, "MOST_BYTES", most)
    file = SimpleUploadedFile("ids.txt", b"ann\nbob")
    form = UploadForm({"header": "detect"}, {"file": file})
    assert form.is_valid() is not refused
    told = " ".join(form.errors.get("file", []))
    assert ("Leave only the column of the ids" in told) is refused
