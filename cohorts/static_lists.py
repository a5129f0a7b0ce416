"""Static cohorts: their members are an uploaded list, and every change of it is a new version."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts import membership
from cohorts.definitions.catalog import Catalog
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import quote
from cohorts.evaluation import Prepared, count_members
from cohorts.list_reading import Header, IdReader, ListError
from cohorts.models import Cohort, CohortVersion, Dataset, StoredList
from cohorts.saving import save_cohort
from cohorts.stored_lists import list_definition, stored_list_of
from cohorts.warehouse import id_sets
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.scratch_folder import scratch_folder

Action = StoredList.Action


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What was given: `name` is the file's name, blank for pasted text."""

    file: BinaryIO
    name: str = ""
    header: Header = "detect"
    column: str = ""

    @property
    def is_csv(self) -> bool:
        return self.name.lower().endswith((".csv", ".tsv"))


@dataclass(frozen=True)
class SavedList:
    """`made` tells what was done; it is kept only if the list has changed by it."""

    cohort: Cohort
    made: StoredList
    is_changed: bool


def find_stored_list(version: CohortVersion | None) -> StoredList | None:
    """The list that this version is; None for a cohort of conditions."""
    name = stored_list_of(version.definition) if version else None
    return StoredList.objects.filter(file=name).first() if name else None


def save_list(
    *,
    slug: str,
    dataset: Dataset,
    upload: Upload,
    action: Action = Action.CREATED,
    name: str | None = None,
    description: str | None = None,
    by: Any = None,
    expected_version: int | None = None,
) -> SavedList:
    """Create a static cohort, or append to, replace or remove from the list of one.

    Raises ListError for what is wrong with the upload, and what `save_cohort` raises.
    """
    cohort = Cohort.objects.filter(slug=slug).select_related("current_version").first()
    current = _current_list(cohort, slug, action)
    number = cohort.current_version.number if cohort and cohort.current_version else 0
    with scratch_folder() as folder:
        uploaded, target = folder / "uploaded.parquet", folder / "list.parquet"
        read = _read(upload, uploaded)
        old = _verified(current) if current else None
        _combine(action, old, uploaded, target)
        made = _made(dataset, read, upload, action, uploaded, old, target)
        if cohort is not None and current is not None and not made.added and not made.removed:
            return SavedList(cohort, made, is_changed=False)
        stored = membership.write_file(
            _file_name(slug, number + 1), lambda draft: shutil.copyfile(target, draft)
        )
    made.file, made.sha256 = stored.name, stored.sha256
    try:
        with transaction.atomic():
            made.save()
            cohort = save_cohort(
                slug=slug,
                dataset=dataset,
                data=list_definition(stored.name, stored.rows),
                name=name,
                description=description,
                by=by,
                expected_version=number if expected_version is None else expected_version,
            )
    except BaseException:
        # Nothing points to it.
        membership.path_of(stored.name).unlink(missing_ok=True)
        raise
    return SavedList(cohort, made, is_changed=True)


def _current_list(cohort: Cohort | None, slug: str, action: Action) -> StoredList | None:
    if action == Action.CREATED:
        if cohort is not None:
            raise ListError(
                _("There is a cohort %s already. Change its list.") % quote(slug), "slug"
            )
        return None
    if cohort is None:
        raise ListError(_("There is no cohort %s. Create it first.") % quote(slug), "slug")
    current = find_stored_list(cohort.current_version)
    if current is None:
        raise ListError(_("The cohort %s is made of conditions, not a list.") % quote(slug), "slug")
    return current


def _verified(current: StoredList) -> Path:
    try:
        return membership.verify(current.file, current.sha256)
    except membership.StoreError as error:
        raise ListError(_("The list cannot be changed: %s") % error, "slug") from None


@dataclass(frozen=True)
class _Read:
    reader: IdReader
    accepted: int


def _read(upload: Upload, target: Path) -> _Read:
    """The ids of the upload, sorted, each once."""
    reader = IdReader(
        file=upload.file, is_csv=upload.is_csv, header=upload.header, column=upload.column
    )
    rows = target.with_name("rows.parquet")
    membership.write_parquet(reader.batches(), rows)
    id_sets.write_distinct(rows, target)
    rows.unlink()
    accepted = membership.count_rows(target)
    if not accepted:
        raise ListError(_("There is no id in it. Give at least one."))
    return _Read(reader, accepted)


def _combine(action: Action, old: Path | None, uploaded: Path, target: Path) -> None:
    if old is not None and action == Action.APPENDED:
        id_sets.write_union(old, uploaded, target)
    elif old is not None and action == Action.REMOVED:
        id_sets.write_difference(old, uploaded, target)
    else:
        shutil.copyfile(uploaded, target)


def _made(
    dataset: Dataset,
    read: _Read,
    upload: Upload,
    action: Action,
    uploaded: Path,
    old: Path | None,
    target: Path,
) -> StoredList:
    """The row, complete but for the file that is yet to be stored."""
    reader, size = read.reader, membership.count_rows(target)
    common = id_sets.count_common(old, target) if old else 0
    return StoredList(
        dataset=dataset,
        size=size,
        action=action,
        source=upload.name[:255],
        header=reader.found_header[:255],
        accepted=read.accepted,
        blank=reader.blank,
        refused=reader.refused,
        duplicate=reader.rows - reader.blank - reader.refused - read.accepted,
        unknown=_count_unknown(dataset, uploaded, read.accepted),
        added=size - common,
        removed=(membership.count_rows(old) - common) if old else 0,
    )


def _count_unknown(dataset: Dataset, uploaded: Path, accepted: int) -> int | None:
    """How many of the ids the dataset does not know; None while it does not answer."""
    definition = parse_definition(list_definition("uploaded", accepted))
    catalog = Catalog.from_json(dataset.catalog)
    prepared = Prepared(dataset, definition, catalog, {}, (), {"uploaded": uploaded})
    try:
        return accepted - count_members(prepared, as_of=timezone.now())
    except WarehouseError:
        return None


def _file_name(slug: str, number: int) -> str:
    readable = re.sub(r"[^-\w]", "-", slug, flags=re.ASCII)[:100]
    return f"lists/{readable}.v{number}.{secrets.token_hex(4)}.parquet"
