"""The judge of the crash campaign sees what it is there to see."""

from __future__ import annotations

import pytest

from benchmarks.campaigns.request_log import Sent, Window, examine, read_entry, unexplained

A, B = (1000, 0), (500, 0)


def sent(at, sha256, changes, *, answered=True):
    return Sent(at, "coh", sha256, changes, answered)


def window(run=1, starts=0.0, ends=10.0, batches=(A, B), complete=True):
    return Window(run, "coh", starts, ends, batches, complete)


def test_batch_after_batch_is_right():
    findings = examine([sent(1, "a", A), sent(2, "b", B)], [window()])
    assert (findings.repeats, findings.wrong) == ([], [])


def test_what_was_answered_badly_may_come_again():
    log = [sent(1, "a", A, answered=False), sent(2, "a", A), sent(3, "b", B)]
    assert examine(log, [window()]).repeats == []


def test_what_was_answered_well_and_comes_again_is_a_repeat():
    log = [sent(1, "a", A), sent(2, "a", A), sent(3, "b", B)]
    findings = examine(log, [window()])
    assert (findings.repeats, findings.wrong) == ([(1, 2)], [])


@pytest.mark.parametrize(
    ("log", "windows", "words"),
    [
        ([(1, "a", A), (2, "b", B), (3, "a", A)], [window()], "went back"),
        ([(1, "b", B), (2, "a", A)], [window()], "is not batch"),
        ([(1, "a", A)], [window()], "succeeded after 1 of 2"),
        ([(11, "a", A)], [window(complete=False)], "belongs to no run"),
        ([], [window(batches=()), window(2, 9, 12, batches=())], "overlap"),
        ([(1, "a", A), (2, "b", B), (3, "c", B)], [window()], "is not batch"),
    ],
)
def test_disorder_is_found(log, windows, words):
    (found, *_) = examine([sent(*each) for each in log], windows).wrong
    assert words in found


@pytest.mark.parametrize(
    ("repeats", "crashes", "left"),
    [
        ([(10, 20)], [15], 0),
        ([(10, 20)], [], 1),
        ([(10, 20)], [30], 1),
        # One crash explains one repeat.
        ([(10, 20), (12, 22)], [15], 1),
        ([(10, 20), (12, 22)], [15, 16], 0),
        # The short one must not lose its only crash to the long one.
        ([(0, 100), (10, 20)], [15, 90], 0),
    ],
)
def test_each_repeat_needs_a_crash_of_its_own(repeats, crashes, left):
    assert unexplained(repeats, crashes) == left


@pytest.mark.parametrize(
    ("status", "fault", "answered"),
    [
        (201, None, True),
        (201, "answer after 800 ms", True),
        (None, "connection cut (after)", False),
        (503, "status 503, effect after 9000 ms", False),
        (429, None, False),
    ],
)
def test_the_log_tells_what_was_answered(status, fault, answered):
    entry = {
        "cohort_id": "coh",
        "sha256": "a",
        "added": 1,
        "removed": 0,
        "status": status,
        "fault": fault,
    }
    assert read_entry(entry, 1.0).answered is answered
