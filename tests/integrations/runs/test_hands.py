"""A pool that is ending finishes what it has in hand and takes up nothing more."""

from __future__ import annotations

import os
import threading

import pytest

from integrations import hands


@pytest.fixture
def file(tmp_path):
    file = hands.file_of(tmp_path, os.getpgrp())
    file.write_bytes(b"")
    return file


def test_without_a_pool_there_is_nothing_to_ask(tmp_path):
    with hands.in_hand(tmp_path) as may_work:
        assert may_work
    assert not hands.is_ending(tmp_path)
    assert not hands.is_busy(hands.file_of(tmp_path, os.getpgrp()), seconds=60)


def test_several_workers_may_have_something_in_hand(tmp_path, file):
    with hands.in_hand(tmp_path) as first, hands.in_hand(tmp_path) as second:
        assert first
        assert second


def test_nothing_is_taken_up_once_the_pool_is_to_end(tmp_path, file):
    hands.ask_to_end(file)
    assert hands.is_ending(tmp_path)
    with hands.in_hand(tmp_path) as may_work:
        assert not may_work


def test_the_end_waits_for_what_is_in_hand(tmp_path, file):
    done = threading.Event()
    with hands.in_hand(tmp_path) as may_work:
        assert may_work
        hands.ask_to_end(file)
        with hands.emptied(file, patience=0) as empty:
            assert not empty

        def end():
            with hands.emptied(file, patience=60) as empty:
                assert empty
                done.set()

        waiting = threading.Thread(target=end)
        waiting.start()
        assert not done.wait(0.2)
    waiting.join(60)
    assert done.is_set()


def test_a_pool_is_busy_while_it_works_and_a_moment_longer(tmp_path, file):
    os.utime(file, (0, 0))
    assert not hands.is_busy(file, seconds=60)
    with hands.in_hand(tmp_path):
        os.utime(file, (0, 0))
        assert hands.is_busy(file, seconds=60)
    with hands.in_hand(tmp_path):
        pass
    assert hands.is_busy(file, seconds=60)
