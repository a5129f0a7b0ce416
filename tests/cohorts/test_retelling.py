"""What a worker stored in English is read in Japanese."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from cohorts.retelling import retell


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("late by 2 h 5 min", "2時間5分遅れ"),
        ("import 12 still working", "インポート12が処理中"),
        ("no worker was running", "ワーカーが停止していました"),
        ("The worker pool ended by itself.", "ワーカープールが自然に終了しました。"),
        (
            "Schedule 7 was paused: Choose at least one day of the week.",
            "スケジュール7を停止しました: 曜日を1つ以上選択してください。",
        ),
        (
            "The connection “US” is paused: Braze has a fault on its side (500).",
            "接続「US」は停止中です: Braze側で障害が発生しています(500)。",
        ),
        ("Something of another version.", "Something of another version."),
        ("", ""),
    ],
)
def test_it_is_told_again(stored: str, shown: str) -> None:
    with override("ja"):
        assert retell(stored) == shown
    with override("en"):
        assert retell(stored) == stored
