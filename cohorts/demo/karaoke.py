"""A made-up karaoke app, Encore: its users and what they did in the last 180 days.

Every value is a function of the seed, the day and the row's number, so the same seed gives
the same data on the same day. Nothing here is anybody's real behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

DAYS = 180
EVENTS_PER_USER = 20
_FEWEST_USERS = 200


@dataclass(frozen=True)
class DemoFiles:
    events: Path
    users: Path


def write_demo_files(folder: Path, *, events: int, seed: int, today: date) -> DemoFiles:
    """About `events` events of a twentieth as many users, all before the start of `today`."""
    files = DemoFiles(folder / "events.parquet", folder / "users.parquet")
    values = {
        "seed": seed,
        "users": max(_FEWEST_USERS, events // EVENTS_PER_USER),
        "events": events,
        "days": DAYS,
        "base": today.isoformat(),
    }
    with duckdb.connect(str(folder / "demo.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        for statement in (_MACROS, _SONGS, _PEOPLE, _SESSIONS, _EVENTS, _USERS):
            connection.execute(statement.format(**values))
        _export(connection, "SELECT * FROM events ORDER BY time, user_id, event", files.events)
        _export(connection, "SELECT * FROM users ORDER BY installed_at, user_id", files.users)
    return files


def _export(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")


# `chance` is uniform in (0, 1) and independent for every pair of number and letter.
_MACROS = """
CREATE MACRO chance(number, letter) AS
    (hash(number, letter, {seed}) % 1000003 + 1) / 1000005.0;
CREATE MACRO pick(choices, number, letter) AS
    choices[1 + CAST(floor(chance(number, letter) * len(choices)) AS INTEGER)];
CREATE MACRO base() AS TIMESTAMP '{base}';
CREATE MACRO days_of(amount) AS to_microseconds(CAST(amount * 86400000000 AS BIGINT));
"""

_SONGS = """
CREATE TABLE songs AS
SELECT row_number() OVER () - 1 AS number, title, artist, genre, language FROM (VALUES
    ('Paper Lanterns', 'The Night Ferries', 'Pop', 'en'),
    ('Halfway to Monday', 'June Arcade', 'Pop', 'en'),
    ('Glass Harbour', 'Nora Vale', 'Pop', 'en'),
    ('Second Sunrise', 'The Night Ferries', 'Pop', 'en'),
    ('Copper Wire', 'Static Orchard', 'Rock', 'en'),
    ('Long Way Down the Hill', 'Static Orchard', 'Rock', 'en'),
    ('Thunder Season', 'Red Kettle', 'Rock', 'en'),
    ('Slow Burning', 'Marlow and Finch', 'R&B', 'en'),
    ('Velvet Hours', 'Marlow and Finch', 'R&B', 'en'),
    ('Corner Store Kings', 'Big Tally', 'Hip-Hop', 'en'),
    ('Elevator Music', 'Big Tally', 'Hip-Hop', 'en'),
    ('Gravel and Gold', 'Etta Rowe', 'Country', 'en'),
    ('Porch Light', 'Etta Rowe', 'Country', 'en'),
    ('Ame no Eki', 'Sora Minato', 'J-Pop', 'ja'),
    ('Natsu no Tegami', 'Sora Minato', 'J-Pop', 'ja'),
    ('Hoshi wo Kazoete', 'Tsuki Radio', 'J-Pop', 'ja'),
    ('Luna de Papel', 'Los Faroles', 'Latin', 'es'),
    ('Calle Sin Nombre', 'Los Faroles', 'Latin', 'es'),
    ('Samba da Chuva', 'Clara Prado', 'Latin', 'pt'),
    ('Before the Curtain', 'Original Cast of Understudy', 'Musical', 'en')
) AS song(title, artist, genre, language);
"""

_PEOPLE = """
CREATE TABLE people AS
WITH born AS (
    SELECT
        CAST(i AS BIGINT) AS i,
        -- More people come every month; a third were there before the period.
        CASE WHEN chance(i, 'era') < 0.33 THEN {days} + 240 * chance(i, 'age')
             ELSE {days} * (1 - sqrt(chance(i, 'age'))) END AS age_days,
        chance(i, 'class') AS class,
        chance(i, 'stage') AS stage,
        list_extract(['US', 'US', 'US', 'US', 'US', 'JP', 'JP', 'JP', 'BR', 'BR', 'GB', 'GB', 'DE',
            'ID', 'ID', 'PH', 'MX', 'FR', 'IN', 'CA'],
            1 + CAST(floor(chance(i, 'country') * 20) AS INTEGER)) AS country
    FROM range({users}) AS t(i)
), typed AS (
    SELECT *,
        date_trunc('second', base() - days_of(age_days)) AS installed_at,
        CASE WHEN class < 0.42 THEN 'tourist' WHEN class < 0.78 THEN 'casual'
             WHEN class < 0.95 THEN 'regular' ELSE 'star' END AS kind,
        CASE WHEN stage < 0.08 THEN 0 WHEN stage < 0.20 THEN 1 WHEN stage < 0.30 THEN 2
             WHEN stage < 0.37 THEN 3 ELSE 4 END AS sign_up_level
    FROM born
), lived AS (
    SELECT *,
        installed_at + days_of(CASE kind
            WHEN 'tourist' THEN 0.2 + 5 * chance(i, 'life')
            WHEN 'casual' THEN 8 - 60 * ln(chance(i, 'life'))
            WHEN 'regular' THEN 50 - 220 * ln(chance(i, 'life'))
            ELSE 900 END) AS leaves_at
    FROM typed
)
SELECT *,
    CAST(100000000 + (i * 1640531527 + {seed} * 7919) % 1999999973 AS VARCHAR) AS user_id,
    greatest(installed_at, base() - INTERVAL {days} DAYS) AS active_from,
    least(leaves_at, base()) AS active_until,
    CASE WHEN chance(i, 'device') < 0.82 THEN 'iPhone' ELSE 'iPad' END AS platform,
    CASE WHEN sign_up_level < 4 THEN 'free' WHEN chance(i, 'plan') < 0.12 THEN 'gold'
         WHEN chance(i, 'plan') < 0.17 THEN 'family' ELSE 'free' END AS plan,
    chance(i, 'whale') < 0.02 AND sign_up_level = 4 AS is_whale,
    CASE country WHEN 'JP' THEN 9 WHEN 'ID' THEN 7 WHEN 'PH' THEN 8 WHEN 'IN' THEN 5
         WHEN 'DE' THEN 1 WHEN 'FR' THEN 1 WHEN 'GB' THEN 0 WHEN 'BR' THEN -3 ELSE -6 END AS shift
FROM lived;
"""

_SESSIONS = """
CREATE TABLE sessions AS
WITH weighed AS (
    SELECT *,
        greatest(0, epoch(active_until) - epoch(active_from)) / 86400.0
        * CASE kind WHEN 'tourist' THEN 0.6 WHEN 'casual' THEN 0.2 WHEN 'regular' THEN 0.45
               ELSE 2.2 END
        * CASE WHEN sign_up_level = 4 THEN 1 ELSE 0.3 END
        * exp(1.4 * chance(i, 'zeal') - 0.7) AS weight
    FROM people
), counted AS (
    SELECT *,
        -- A session has 4.75 events on average; launches and sign-ups come on top.
        CAST(floor(weight * {events} * 0.85 / 4.75 / (SELECT sum(weight) FROM weighed)
            + chance(i, 'rest')) AS INTEGER) AS n
    FROM weighed
), placed AS (
    SELECT i * 100000 + s AS session, * EXCLUDE (n, weight),
        active_from + (active_until - active_from) * chance(i * 100000 + s, 'a') AS first_try,
        active_from + (active_until - active_from) * chance(i * 100000 + s, 'b') AS second_try
    FROM counted, unnest(range(n)) AS each(s)
), chosen AS (
    SELECT * EXCLUDE (first_try, second_try),
        -- Evenings and week-ends are when people sing.
        CASE WHEN isodow(first_try) >= 5 OR chance(session, 'c') < 0.6
             THEN first_try ELSE second_try END AS around,
        list_extract([0, 1, 7, 8, 9, 11, 12, 12, 13, 15, 16, 17, 17, 18, 18, 19, 19, 19, 20, 20, 20,
            21, 21, 21, 21, 22, 22, 22, 23, 23],
            1 + CAST(floor(chance(session, 'hour') * 30) AS INTEGER)) AS hour
    FROM placed
)
SELECT *, least(16, 2 + CAST(floor(-3.4 * ln(chance(session, 'len'))) AS INTEGER)) AS length,
    greatest(installed_at + INTERVAL 4 MINUTES,
        date_trunc('day', around) + to_hours(CAST((hour - shift + 24) % 24 AS BIGINT))
        + to_seconds(CAST(3300 * chance(session, 'min') AS BIGINT))) AS starts_at
FROM chosen;
"""

_EVENTS = """
CREATE TABLE events AS
WITH steps AS (
    SELECT session * 20 + k AS step, k, *,
        starts_at + to_seconds(CAST(k * 150 + 100 * chance(session * 20 + k, 'sec') AS BIGINT))
            AS instant,
        chance(session * 20 + k, 'what') / CASE WHEN is_whale THEN 4 ELSE 1 END AS what
    FROM sessions, unnest(range(length)) AS each(k)
), named AS (
    SELECT *, CASE
        WHEN k = 0 THEN 'APP_OPEN'
        WHEN what < 0.007 AND sign_up_level = 4 THEN 'PURCHASE'
        WHEN what < 0.05 THEN 'VIEW_STORE'
        WHEN what < 0.09 THEN 'GIVE_GIFT'
        WHEN what < 0.16 THEN 'FOLLOW_SINGER'
        WHEN what < 0.24 THEN 'SHARE_RECORDING'
        WHEN what < 0.34 THEN 'JOIN_DUET'
        WHEN what < 0.50 THEN 'PREVIEW_SONG'
        WHEN what < 0.70 THEN 'SEARCH_SONG'
        ELSE 'SING' END AS event
    FROM steps
), done AS (
    SELECT step, i, user_id, country, platform, event, instant FROM named
    UNION ALL
    SELECT -1 - 100 * i - level, i, user_id, country, platform,
        list_extract(['FIRST_LAUNCH', 'SIGN_UP_START', 'SIGN_UP_EMAIL', 'SIGN_UP_PROFILE',
            'SIGN_UP_COMPLETE'], 1 + CAST(level AS INTEGER)),
        installed_at + to_seconds(CAST(level * 35 + 30 * chance(i * 10 + level, 'su') AS BIGINT))
    FROM people, unnest(range(1 + sign_up_level)) AS each(level)
    WHERE installed_at >= base() - INTERVAL {days} DAYS
    UNION ALL
    SELECT -50 - 100 * i, i, user_id, country, platform, 'SUBSCRIBE',
        active_from + (active_until - active_from) * 0.5 * chance(i, 'sub')
    FROM people WHERE plan <> 'free' AND active_until > active_from
    UNION ALL
    SELECT -60 - 100 * i, i, user_id, country, platform, 'CANCEL_SUBSCRIPTION', active_until
    FROM people WHERE plan <> 'free' AND active_until > active_from AND active_until < base()
        AND chance(i, 'cancel') < 0.7
), sung AS (
    SELECT *, event IN ('SING', 'JOIN_DUET', 'PREVIEW_SONG', 'SHARE_RECORDING') AS has_song,
        CAST(floor(20 * pow(chance(step, 'song'), 1.6)) AS INTEGER) AS song_number
    FROM done
)
SELECT user_id, event, least(instant, base() - INTERVAL 1 SECOND) AS time, platform, country,
    '5.' || (8 + CAST(floor(date_diff('day', base() - INTERVAL {days} DAYS, instant) / 26)
        AS INTEGER))
        AS app_version,
    CASE WHEN has_song THEN genre END AS song_genre,
    CASE WHEN has_song THEN to_json({{'id': 1000 + number, 'title': title, 'artist': artist,
        'language': language}}) END AS song,
    CASE WHEN event = 'SING' THEN chance(step, 'duet') < 0.22 END AS duet,
    CASE WHEN event = 'SING' THEN CAST(40 + 59 * sqrt(chance(step, 'score')) AS INTEGER) END
        AS score,
    CASE WHEN event IN ('SING', 'JOIN_DUET')
        THEN CAST(30 + 210 * chance(step, 'len') AS INTEGER) END AS duration_seconds,
    CASE event WHEN 'PURCHASE' THEN list_extract([0.99, 0.99, 1.99, 4.99, 4.99, 4.99, 9.99, 9.99,
            19.99, 49.99], 1 + CAST(floor(chance(step, 'pack') * 10) AS INTEGER))
        WHEN 'SUBSCRIBE' THEN list_extract([7.99, 7.99, 14.99, 59.99],
            1 + CAST(floor(chance(step, 'sub') * 4) AS INTEGER)) END AS amount
FROM sung JOIN songs ON songs.number = song_number;
"""

_USERS = """
CREATE TABLE users AS
WITH spent AS (
    SELECT user_id, sum(amount) AS amount FROM events WHERE amount IS NOT NULL GROUP BY user_id
)
SELECT user_id, country,
    CASE country WHEN 'JP' THEN 'ja' WHEN 'BR' THEN 'pt' WHEN 'MX' THEN 'es' WHEN 'DE' THEN 'de'
        WHEN 'FR' THEN 'fr' WHEN 'ID' THEN 'id' ELSE 'en' END AS language,
    CASE WHEN chance(i, 'no_age') < 0.07 THEN NULL
        ELSE CAST(16 + 54 * pow(chance(i, 'years'), 1.8) AS INTEGER) END AS age,
    plan,
    acquisition_type,
    CASE WHEN acquisition_type = 'Paid' THEN list_extract(['Facebook', 'Facebook', 'Facebook',
        'Google', 'Google', 'TikTok', 'TikTok', 'Apple Search'],
        1 + CAST(floor(chance(i, 'source') * 8) AS INTEGER)) END AS campaign_source,
    installed_at,
    CAST(floor(age_days) AS INTEGER) AS install_days,
    round(coalesce(amount, 0)
        + CASE WHEN age_days > {days} AND plan <> 'free' THEN -40 * ln(chance(i, 'past'))
            ELSE 0 END, 2) AS life_time_value,
    sign_up_level = 4 AS signed_up,
    chance(i, 'push') < 0.58 AS push_enabled,
    list_extract(['Pop', 'Pop', 'Pop', 'Rock', 'R&B', 'J-Pop', 'Latin', 'Musical'],
        1 + CAST(floor(chance(i, 'genre') * 8) AS INTEGER)) AS favorite_genre,
    upper(md5(user_id || ':device')[:8] || '-' || md5(user_id || ':device')[9:12] || '-4'
        || md5(user_id || ':device')[14:16] || '-A' || md5(user_id || ':device')[18:20] || '-'
        || md5(user_id || ':device')[21:32]) AS device_id,
    CASE WHEN sign_up_level = 4 THEN 'encore-' || md5(user_id || ':alias')[:10] END AS encore_id
FROM (SELECT *, CASE WHEN chance(i, 'acq') < 0.46 THEN 'Organic'
    WHEN chance(i, 'acq') < 0.85 THEN 'Paid' ELSE 'Referral' END AS acquisition_type FROM people)
LEFT JOIN spent USING (user_id);
"""
