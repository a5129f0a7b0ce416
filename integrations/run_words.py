"""How runs and batches look and what they say to people: one tone, icon and sentence each."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import ImportBatch, ImportRun


@dataclass(frozen=True)
class Look:
    tone: str
    icon: str


RUN_LOOKS = {
    ImportRun.State.QUEUED: Look("", "i-clock"),
    ImportRun.State.COMPUTING: Look("run", "i-loader-2"),
    ImportRun.State.HELD: Look("warn", "i-shield-half"),
    ImportRun.State.SENDING: Look("run", "i-loader-2"),
    ImportRun.State.SUCCEEDED: Look("ok", "i-circle-check"),
    ImportRun.State.PARTIAL: Look("warn", "i-alert-triangle"),
    ImportRun.State.FAILED: Look("bad", "i-circle-x"),
    ImportRun.State.CANCELED: Look("", "i-ban"),
}

BATCH_LOOKS = {
    ImportBatch.State.PLANNED: Look("", "i-circle-dashed"),
    ImportBatch.State.SENDING: Look("run", "i-loader-2"),
    ImportBatch.State.ACKNOWLEDGED: Look("ok", "i-circle-check"),
    ImportBatch.State.REFUSED: Look("bad", "i-circle-x"),
    ImportBatch.State.UNKNOWN: Look("warn", "i-alert-triangle"),
}


def run_look(run: ImportRun) -> Look:
    return RUN_LOOKS[ImportRun.State(run.state)]


def batch_look(batch: ImportBatch) -> Look:
    return BATCH_LOOKS[ImportBatch.State(batch.state)]
