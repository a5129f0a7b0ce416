"""Files that people bring in the browser: kept, looked at, then loaded by a process of its own.

The process holds a lock on a file beside the upload. The kernel lets go of it however the process
ends, so that a page can tell a load that works from one that died.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.datasets import add_dataset
from cohorts.models import DataUpload
from cohorts.warehouse.errors import LoadError, WarehouseError
from cohorts.warehouse.load import FileSet
from cohorts.warehouse.preview import Preview, guess_columns, preview_file
from cohorts.warehouse.sources import format_of

State = DataUpload.State
MOST_BYTES = 2_000_000_000
# A process that has not begun by then never will.
_START = timedelta(seconds=90)
_KEPT = timedelta(days=1)
_KINDS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


@dataclass(frozen=True)
class Looked:
    """What the columns are chosen from."""

    events: Preview
    users: Preview | None


def receive(
    *,
    name: str,
    replaces: bool,
    zone: str,
    events: UploadedFile,
    users: UploadedFile | None,
    by: Any,
) -> DataUpload:
    """Keep the files. Raises LoadError for a kind of file that cannot be read."""
    _forget_old()
    upload = DataUpload(
        dataset_name=name,
        replaces=replaces,
        timezone=zone,
        folder=secrets.token_hex(16),
        events_name=_checked_name(events),
        users_name=_checked_name(users) if users else "",
        created_by=by,
    )
    folder = _folder(upload)
    folder.mkdir(parents=True)
    try:
        _keep(events, events_path(upload))
        if users is not None:
            _keep(users, users_path(upload))
        look(upload)
        upload.save()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return upload


def look(upload: DataUpload) -> Looked:
    """Raises LoadError, which names the files as their owner does."""
    try:
        events = preview_file(events_path(upload))
        users = preview_file(users_path(upload)) if upload.users_name else None
    except LoadError as error:
        raise LoadError(_told(upload, str(error))) from None
    except OSError:
        raise LoadError(_("The files are no longer here. Upload them again.")) from None
    return Looked(events, users)


def guess(looked: Looked) -> dict[str, str]:
    guessed = guess_columns(looked.events.columns, ("user_id", "event", "time"))
    if looked.users is not None:
        same = guessed["user_id"] if guessed["user_id"] in looked.users.columns else ""
        guessed["users_id"] = same or guess_columns(looked.users.columns, ("user_id",))["user_id"]
    return guessed


def start(upload: DataUpload, columns: dict[str, str]) -> bool:
    """Begin to load with these columns. False when it has begun already."""
    began = DataUpload.objects.filter(pk=upload.pk, state__in=[State.NEW, State.FAILED]).update(
        state=State.QUEUED, columns=columns, queued_at=timezone.now(), problem="", phase=""
    )
    if began:
        command = [sys.executable, "manage.py", "load_upload", str(upload.pk)]
        subprocess.Popen(  # noqa: S603 - the program and its arguments are ours
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return bool(began)


def load(pk: int) -> DataUpload:
    """What the process does. The outcome stands in the row, whatever it is."""
    upload = DataUpload.objects.get(pk=pk)
    with _lock(upload) as is_ours:
        claimed = is_ours and _change(upload, State.QUEUED, state=State.RUNNING)
        if claimed:
            try:
                _load(upload)
            except (LoadError, WarehouseError) as error:
                _change(
                    upload, State.RUNNING, state=State.FAILED, problem=_told(upload, str(error))
                )
            else:
                shutil.rmtree(_folder(upload), ignore_errors=True)
    upload.refresh_from_db()
    return upload


def find_upload(pk: int) -> DataUpload | None:
    """As it stands, after a process that died has been noticed."""
    upload = DataUpload.objects.filter(pk=pk).select_related("dataset").first()
    if upload is not None and upload.is_under_way and not _is_alive(upload):
        text = _("The load stopped before its end, with nothing changed. Start it again.")
        _change(upload, upload.state, state=State.FAILED, problem=text)
        upload.refresh_from_db()
    return upload


def events_path(upload: DataUpload) -> Path:
    return _folder(upload) / f"events{_suffix(upload.events_name)}"


def users_path(upload: DataUpload) -> Path:
    return _folder(upload) / f"users{_suffix(upload.users_name)}"


def _load(upload: DataUpload) -> None:
    files = FileSet(
        events=(str(events_path(upload)),),
        users=(str(users_path(upload)),) if upload.users_name else (),
        user_id=upload.columns["user_id"],
        event=upload.columns["event"],
        time=upload.columns["time"],
        users_id=upload.columns.get("users_id") or None,
    )
    dataset, loaded = add_dataset(
        upload.dataset_name,
        files,
        timezone=upload.timezone or None,
        replace=upload.replaces,
        tell=lambda phase: _change(upload, State.RUNNING, phase=phase),
    )
    notes = [_told(upload, note) for note in loaded.notes]
    done = {"state": State.DONE, "dataset": dataset, "notes": notes}
    _change(upload, State.RUNNING, **done)


def _change(upload: DataUpload, state: str, /, **changes: Any) -> bool:
    """Only from that state: two processes and a page may be at it."""
    if changes.get("state") in (State.DONE, State.FAILED):
        changes["finished_at"] = timezone.now()
    return bool(DataUpload.objects.filter(pk=upload.pk, state=state).update(**changes))


def _is_alive(upload: DataUpload) -> bool:
    if upload.state == State.QUEUED and upload.queued_at:
        return timezone.now() - upload.queued_at < _START
    with _lock(upload) as is_free:
        return not is_free


@contextmanager
def _lock(upload: DataUpload) -> Iterator[bool]:
    """Whether nobody else holds it."""
    folder = _folder(upload)
    if not folder.is_dir():
        yield True
        return
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _told(upload: DataUpload, text: str) -> str:
    """A message of the loader, which knows options and paths, for somebody at a page."""
    said = {
        str(events_path(upload)): upload.events_name,
        str(users_path(upload)): upload.users_name,
        "--user-id": _("User id"),
        "--users-id": _("User id of the users"),
        "--event": _("Event name"),
        "--time": _("Time"),
        "Use --replace to reload it.": _("Upload it as a replacement."),
    }
    for ours, theirs in said.items():
        text = text.replace(ours, theirs)
    return text


def _checked_name(file: UploadedFile) -> str:
    name = (file.name or "")[-255:]
    format_of(Path(name))
    return name


def _suffix(name: str) -> str:
    lowered = name.lower()
    return max((kind for kind in _KINDS if lowered.endswith(kind)), key=len, default="")


def _keep(file: UploadedFile, path: Path) -> None:
    with path.open("wb") as kept:
        for chunk in file.chunks(1 << 20):
            kept.write(chunk)


def _folder(upload: DataUpload) -> Path:
    return Path(settings.DATA_DIR) / "uploads" / upload.folder


def _forget_old() -> None:
    """Files that nobody went on with."""
    old = DataUpload.objects.filter(created_at__lt=timezone.now() - _KEPT)
    for upload in old.exclude(state__in=[State.QUEUED, State.RUNNING]):
        shutil.rmtree(_folder(upload), ignore_errors=True)
