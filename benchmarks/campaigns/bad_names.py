"""Names as people and machines may give them, and what must look right and stay inert."""

from __future__ import annotations

PLANTED = "planted"
NAMES = {
    "markup": f'<img src=x onerror="planted()"><b class="{PLANTED}">Bold</b> & {{{{ 7*7 }}}} "\'',
    "long": ("Paying customers who came back within one week of the second price change " * 4)[
        :250
    ],
    "unbroken": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3,
    "japanese": "先週カラオケを五回以上歌い、そのうえ友人を一人以上招待してくださった常連のお客様",
    "emoji": "🎤 Singers 👩‍👩‍👧‍👦 🏳️‍🌈 🇯🇵 who sang 💯 songs",
    "rtl": "المستخدمون النشطون خلال آخر ٩٠ يومًا (VIP)",
}
MANY = 12_345_678
