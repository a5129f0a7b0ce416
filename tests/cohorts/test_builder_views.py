"""The builder's doors: the live count, problems by path, saving, roles, and bad requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.evaluation import count_members, prepare
from cohorts.models import Cohort, Dataset
from cohorts.saving import save_cohort
from cohorts.warehouse.load import FileSet, Loaded, load_dataset
from kubit_app.roles import make_roles

pytestmark = pytest.mark.django_db

EVENTS = """id,event,time,platform
ada,SING,2026-01-01T10:00:00Z,iPhone
ada,SING,2026-01-02T10:00:00Z,iPad
bob,SING,2026-01-03T10:00:00Z,Android
bob,SHARE,2026-01-04T10:00:00Z,Android
cid,SHARE,2026-01-05T10:00:00Z,iPhone
"""
USERS = """id,country
ada,JP
bob,US
cid,JP
dan,DE
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Loaded]:
    """Loading is the slow part, so the files of all tests are one."""
    folder = tmp_path_factory.mktemp("builder")
    return folder, load(folder, "iOS", EVENTS, USERS)


def load(folder: Path, name: str, events: str, users: str = "id\n") -> Loaded:
    (folder / "events.csv").write_text(events)
    (folder / "users.csv").write_text(users)
    files = FileSet(
        events=(str(folder / "events.csv"),),
        users=(str(folder / "users.csv"),),
        user_id="id",
        event="event",
        time="time",
    )
    return load_dataset(
        name,
        files,
        folder=folder,
        timezone="UTC",
        memory_limit=django_settings.QUERY_MEMORY_LIMIT,
        threads=django_settings.QUERY_THREADS,
    )


def make_dataset(name: str, loaded: Loaded) -> Dataset:
    return Dataset.objects.create(
        name=name,
        file=loaded.file,
        catalog=loaded.catalog.to_json(),
        event_count=loaded.event_count,
        user_count=loaded.user_count,
        loaded_at=timezone.now(),
    )


@pytest.fixture
def dataset(db: None, loaded: tuple[Path, Loaded], settings: Any) -> Dataset:
    settings.DATASETS_DIR, first = loaded
    return make_dataset("iOS", first)


@pytest.fixture
def sign_in(db: None) -> Any:
    make_roles()

    def sign_in(role: str) -> Client:
        user = User.objects.create_user(role.lower(), first_name=role, last_name="Example")
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def governor(sign_in: Any, dataset: Dataset) -> Client:
    return sign_in("Governor")


def performed(event: str, **more: Any) -> dict[str, Any]:
    return {"type": "performed", "event": event, **more}


def definition(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions), **more}


SINGERS = definition(performed("SING"))


def post(client: Client, name: str, body: Any) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse(f"cohorts:{name}"), data, content_type="application/json")


def ask(client: Client, door: str, data: Any, **more: Any) -> Any:
    return post(client, door, {"dataset": "iOS", "definition": data, **more})


def save(client: Client, data: Any = SINGERS, **more: Any) -> Any:
    return ask(client, "save", data, **{"slug": None, "name": "Singers", **more})


# --- the live count


def test_it_counts_the_whole_and_every_condition(governor: Client) -> None:
    data = definition(performed("SING"), performed("SHARE"))
    answer = ask(governor, "preview", data).json()
    assert answer["total"] == 1
    assert answer["counts"] == {"conditions[0]": 2, "conditions[1]": 2}
    assert answer["problems"] == []
    assert answer["sentence"]


@pytest.mark.parametrize(("match", "counts"), [("all", [4, 2, 1, 1]), ("any", [4, 2, 3, 4])])
def test_it_tells_how_the_count_comes_about(
    governor: Client, match: str, counts: list[int]
) -> None:
    unlisted = performed(
        "SING", negate=True, where=[{"property": "platform", "op": "in", "value": ["iPad"]}]
    )
    data = definition(performed("SING"), performed("SHARE"), unlisted) | {"match": match}
    answer = ask(governor, "preview", data).json()
    assert [step["count"] for step in answer["steps"]] == counts
    assert answer["total"] == counts[-1]
    assert answer["steps"][0]["label"] == "All users"
    assert answer["steps"][3]["label"].startswith("Not: SING")


def test_a_filter_on_people_narrows_everyone(governor: Client) -> None:
    japan = {"scope": "user", "property": "country", "op": "=", "value": "JP"}
    answer = ask(governor, "preview", definition(performed("SING"), global_filter=[japan])).json()
    assert [step["count"] for step in answer["steps"]] == [2, 1]
    assert answer["steps"][0]["label"] != "All users"


@pytest.mark.parametrize("match", ["all", "any"])
def test_the_live_count_is_the_size_the_cohort_will_have(
    governor: Client, dataset: Dataset, match: str
) -> None:
    inner = {
        "match": "any",
        "negate": True,
        "conditions": [
            {"type": "property", "property": "country", "op": "=", "value": "US"},
            performed("SHARE", times={"op": "<", "value": 1}),
        ],
    }
    data = definition(performed("SING"), inner, performed("*")) | {"match": match}
    now = timezone.now()
    total = ask(governor, "preview", data).json()["total"]
    assert total == count_members(prepare(dataset, data), as_of=now)


def test_problems_stand_at_their_paths_and_the_rest_is_still_counted(governor: Client) -> None:
    data = definition(performed("SING"), {"type": "performed"}, performed("SHARE"))
    answer = ask(governor, "preview", data).json()
    assert {p["path"] for p in answer["problems"]} == {"conditions[1].event"}
    assert answer["counts"] == {"conditions[0]": 2, "conditions[2]": 2}
    assert answer["left_out"] == ["conditions[1]"]
    assert answer["total"] == 1


def test_an_unknown_property_comes_with_a_suggestion(governor: Client) -> None:
    data = definition({"type": "property", "property": "countri", "op": "=", "value": "JP"})
    (problem,) = ask(governor, "preview", data).json()["problems"]
    assert problem["path"] == "conditions[0].property"
    assert problem["suggestion"] == "country"


def test_an_unknown_event_is_a_warning_and_is_counted(governor: Client) -> None:
    answer = ask(governor, "preview", definition(performed("SINGG"))).json()
    (warning,) = answer["warnings"]
    assert (warning["path"], warning["suggestion"]) == ("conditions[0].event", "SING")
    assert answer["total"] == 0


def test_warnings_of_the_counted_part_lie_at_the_paths_of_the_whole(governor: Client) -> None:
    data = definition({"type": "performed"}, performed("SINGG"))
    (warning,) = ask(governor, "preview", data).json()["warnings"]
    assert warning["path"] == "conditions[1].event"


def test_a_problem_of_the_whole_leaves_nothing_counted(governor: Client) -> None:
    data = definition(performed("SING"), global_filter=[{"scope": "user"}])
    answer = ask(governor, "preview", data).json()
    assert answer["total"] is None
    assert answer["problems"][0]["path"].startswith("global_filter[0]")


def test_a_dataset_that_does_not_answer_leaves_the_sentence_and_says_why(
    governor: Client, dataset: Dataset
) -> None:
    Dataset.objects.update(file="gone.duckdb")
    answer = ask(governor, "preview", SINGERS)
    assert answer.status_code == 200
    assert answer.json()["total"] is None
    assert "Load the dataset again" in answer.json()["failure"]
    assert answer.json()["sentence"]
    assert ask(governor, "sample", SINGERS).status_code == 503


def test_a_cohort_may_not_refer_to_itself(governor: Client, dataset: Dataset) -> None:
    save_cohort(slug="singers", dataset=dataset, data=SINGERS, name="Singers")
    data = definition({"type": "cohort", "cohort": "singers"})
    assert ask(governor, "preview", data).json()["problems"] == []
    (problem,) = ask(governor, "preview", data, slug="singers").json()["problems"]
    assert problem["path"] == "conditions[0].cohort"


# --- the sample, the SQL, the values


def test_the_sample_lists_members_with_what_was_measured(governor: Client) -> None:
    text = ask(governor, "sample", SINGERS).content.decode()
    assert "Total 2 Users" in text
    assert "ada" in text
    assert "cid" not in text
    assert "SING" in text


def test_ids_of_the_data_are_escaped(governor: Client, settings: Any, tmp_path: Path) -> None:
    settings.DATASETS_DIR = tmp_path
    rows = "id,event,time\n<script>x</script>,SING,2026-01-01T10:00:00Z\n"
    make_dataset("Markup", load(tmp_path, "Markup", rows))
    body = {"dataset": "Markup", "definition": SINGERS}
    text = post(governor, "sample", body).content.decode()
    assert "&lt;script&gt;x" in text
    assert "<script>" not in text


def test_a_sample_of_nobody_says_so(governor: Client) -> None:
    text = ask(governor, "sample", definition(performed("SINGG"))).content.decode()
    assert "Nobody matches" in text


def test_the_sample_of_a_definition_that_cannot_be_counted_is_refused(governor: Client) -> None:
    answer = ask(governor, "sample", definition({"type": "performed"}))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == "conditions[0].event"


def test_the_sql_is_plain_text(governor: Client) -> None:
    answer = ask(governor, "sql", SINGERS)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "SELECT" in answer.content.decode()


def test_the_sql_is_written_for_the_engine_asked_for(governor: Client) -> None:
    answer = ask(governor, "sql", SINGERS, dialect="snowflake")
    assert 'FROM "EVENTS" AS "t"' in answer.content.decode()
    pattern = {"property": "platform", "op": "matches", "value": "a(?i:b)"}
    wanted = definition(performed("SING", where=[pattern]))
    refused = ask(governor, "sql", wanted, dialect="snowflake")
    assert refused.status_code == 422
    assert "There is no SQL for Snowflake" in refused.json()["problems"][0]["message"]
    assert ask(governor, "sql", SINGERS, dialect="oracle").status_code == 422


def test_values_are_found_whatever_their_case(governor: Client) -> None:
    query = {"dataset": "iOS", "scope": "event", "property": "platform", "q": "IP"}
    values = governor.get(reverse("cohorts:values"), query).json()["values"]
    assert values == [{"value": "iPhone", "count": 2}, {"value": "iPad", "count": 1}]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"dataset": "iOS", "scope": "event", "property": "nothing"}, 200),
        ({"dataset": "iOS", "scope": "elsewhere", "property": "platform"}, 400),
        ({"dataset": "Android", "scope": "event", "property": "platform"}, 404),
    ],
)
def test_values_of_what_is_not_there(governor: Client, query: Any, status: int) -> None:
    answer = governor.get(reverse("cohorts:values"), query)
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"values": []}
    else:
        assert answer.json()["message"]


# --- saving


def test_the_first_save_makes_a_cohort_and_the_next_a_version(governor: Client) -> None:
    first = save(governor, description=" They sing. ").json()
    assert (first["slug"], first["version"], first["description"]) == ("singers", 1, "They sing.")
    changed = definition(performed("SHARE"))
    second = save(governor, changed, slug="singers", name=None, expected_version=1).json()
    assert (second["name"], second["version"]) == ("Singers", 2)
    cohort = Cohort.objects.get(slug="singers")
    assert cohort.current_version is not None
    assert cohort.current_version.definition == changed
    assert cohort.current_version.saved_by is not None


def test_a_saved_cohort_has_a_size_at_once(governor: Client) -> None:
    save(governor)
    cohort = Cohort.objects.get(slug="singers")
    assert cohort.current_version is not None
    assert [s.size for s in cohort.current_version.snapshots.all()] == [2]


def test_it_is_saved_also_when_it_cannot_be_counted(governor: Client) -> None:
    Dataset.objects.update(file="gone.duckdb")
    assert save(governor).json()["version"] == 1


def test_a_name_does_not_take_the_builders_address(governor: Client) -> None:
    answer = save(governor, name="New").json()
    assert answer["url"] != reverse("cohorts:new")
    assert governor.get(answer["url"]).status_code == 200


def test_someone_elses_newer_version_is_not_overwritten(
    governor: Client, dataset: Dataset, sign_in: Any
) -> None:
    save(governor)
    other = sign_in("Admin")
    save(other, definition(performed("SHARE")), slug="singers", name=None, expected_version=1)
    answer = save(governor, slug="singers", name=None, expected_version=1)
    assert answer.status_code == 409
    assert answer.json()["conflict"]["version"] == 2
    assert "Admin Example" in answer.json()["conflict"]["message"]
    again = save(governor, slug="singers", name=None, expected_version=2)
    assert again.json()["version"] == 3


def test_a_taken_name_is_a_matter_of_the_name_field(governor: Client) -> None:
    save(governor)
    answer = save(governor, name="SINGERS")
    assert answer.status_code == 422
    assert answer.json()["field"] == "name"


@pytest.mark.parametrize("name", [None, "", "   ", "a\u0007b", "x" * 256, 7])
def test_a_name_that_cannot_be_is_refused(governor: Client, name: Any) -> None:
    answer = save(governor, name=name)
    assert answer.status_code in (400, 422)
    assert answer.json()["field"] == "name"
    assert not Cohort.objects.exists()


def test_a_definition_with_mistakes_is_not_saved(governor: Client) -> None:
    answer = save(governor, definition(performed("SING"), {"type": "performed"}))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == "conditions[1].event"
    assert not Cohort.objects.exists()


def test_a_deleted_cohort_takes_no_version(governor: Client, dataset: Dataset) -> None:
    save(governor)
    Cohort.objects.update(disabled_at=dataset.loaded_at)
    answer = save(governor, slug="singers", name=None, expected_version=1)
    assert answer.status_code == 404
    assert "deleted" in answer.json()["message"]


# --- the pages and the roles


def test_the_new_page_holds_catalog_operators_and_words(governor: Client) -> None:
    data = governor.get(reverse("cohorts:new")).context["data"]
    assert [event["name"] for event in data["catalog"]["events"]] == ["SING", "SHARE"]
    assert {"key": "in", "label": "is one of", "arity": "list"} in data["operators"]["string"]
    assert data["may_save"] is True
    assert "performed" in data["condition_types"]


def test_every_condition_type_and_unit_has_a_word(governor: Client) -> None:
    data = governor.get(reverse("cohorts:new")).context["data"]
    texts = data["texts"]
    # Saved reports are not there yet, so there is no row for them and no word.
    assert set(data["condition_types"]) - {"query"} == set(texts["types"])
    assert set(data["units"]) <= set(texts["units"])
    assert set(data["fixed_units"]) <= set(texts["units"])
    assert set(data["units"]) <= set(texts["unit_names"])
    assert set(data["windows"]) == set(texts["windows"])
    assert set(data["operators"]) == set(texts["property_types"])


def test_without_data_the_page_says_how_to_load_some(sign_in: Any) -> None:
    page = sign_in("Governor").get(reverse("cohorts:new"))
    assert page.status_code == 200
    assert "add_dataset" in page.content.decode()


def test_the_edit_page_reads_without_javascript(governor: Client) -> None:
    save(governor)
    text = governor.get(reverse("cohorts:edit", args=["singers"])).content.decode()
    inside = text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "SING" in inside


def test_a_deleted_cohort_has_no_edit_page(governor: Client, dataset: Dataset) -> None:
    save(governor)
    Cohort.objects.update(disabled_at=dataset.loaded_at)
    assert governor.get(reverse("cohorts:edit", args=["singers"])).status_code == 404


def test_a_creator_builds_but_does_not_save(sign_in: Any, dataset: Dataset) -> None:
    creator = sign_in("Creator")
    assert creator.get(reverse("cohorts:new")).context["data"]["may_save"] is False
    assert ask(creator, "preview", SINGERS).json()["total"] == 2
    answer = save(creator)
    assert answer.status_code == 403
    assert "Governor" in answer.json()["message"]
    assert not Cohort.objects.exists()


POSTED = ["preview", "sample", "save", "sql"]
ASKED = ["new", "values", "catalog"]


@pytest.mark.parametrize("name", POSTED)
def test_a_viewer_builds_nothing(sign_in: Any, dataset: Dataset, name: str) -> None:
    assert ask(sign_in("Viewer"), name, SINGERS).status_code == 403


@pytest.mark.parametrize("name", ASKED)
def test_a_viewer_opens_no_builder(sign_in: Any, dataset: Dataset, name: str) -> None:
    assert sign_in("Viewer").get(reverse(f"cohorts:{name}")).status_code == 403


@pytest.mark.parametrize("name", POSTED)
def test_who_is_signed_out_is_sent_to_the_login(client: Client, name: str) -> None:
    answer = ask(client, name, SINGERS)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


# --- requests no page of ours sends


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('{"dataset": NaN}', 400),
        ('{"dataset": "\\ud800"}', 400),
        (DEEP, 400),
        ('{"a": ' + "1" * 5000 + "}", 400),
        ('{"dataset": "iOS", "definition": "' + "x" * 1_000_000 + '"}', 413),
        ('{"dataset": "Android", "name": "A"}', 404),
        ('{"dataset": ["iOS"], "name": "A"}', 404),
        ('{"dataset": "iOS", "name": "A", "slug": 7}', 400),
    ],
)
def test_an_unreadable_request_is_answered_with_a_message(
    governor: Client, name: str, body: str, status: int
) -> None:
    answer = post(governor, name, body)
    assert answer.status_code == status
    assert answer.json()["message"]


@pytest.mark.parametrize("data", [None, 7, [], "SING", {"conditions": 3}, {"version": 1}])
def test_a_definition_of_any_shape_is_answered_with_problems(governor: Client, data: Any) -> None:
    answer = ask(governor, "preview", data)
    assert answer.status_code == 200
    assert answer.json()["problems"]


def test_groups_without_end_are_a_problem_not_a_crash(governor: Client) -> None:
    data: Any = performed("SING")
    for _ in range(300):
        data = {"match": "all", "conditions": [data]}
    answer = ask(governor, "preview", definition(data))
    assert answer.status_code == 200
    assert answer.json()["problems"]


@pytest.mark.parametrize("name", POSTED)
def test_only_posts_are_taken(governor: Client, name: str) -> None:
    assert governor.get(reverse(f"cohorts:{name}")).status_code == 405


def test_posts_need_the_csrf_token(sign_in: Any, dataset: Dataset) -> None:
    user = User.objects.create_user("csrf")
    user.groups.add(Group.objects.get(name="Governor"))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert save(client).status_code == 403
    assert not Cohort.objects.exists()
