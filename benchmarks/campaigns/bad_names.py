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

# Of what is no cohort.
OTHERS = {
    "refused": NAMES["markup"],
    "track": NAMES["long"][:100],
    "username": "x" * 150,
    "email": f"{'long.' * 11}address@{'sub.' * 20}sing.example",
    "first_name": NAMES["rtl"],
    "last_name": NAMES["markup"],
    "dataset": NAMES["markup"],
    "file": "<b>my events</b>.csv",
}

# In their place for pictures.
FINE_NAMES = {
    "markup": "Autumn campaign",
    "long": "Paying customers",
    "unbroken": "Duet partners",
    "japanese": "常連のお客様",
    "emoji": "Karaoke night 🎤",
    "rtl": "Invited a friend",
}
FINE_OTHERS = {
    "refused": "Staging workspace",
    "track": "Web shop workspace",
    "username": "hana",
    "email": "hana.sato@encore.example",
    "first_name": "Hana",
    "last_name": "Sato",
    "dataset": "web-shop",
    "file": "web events.csv",
}
