"""What tests of every room may ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from launcher.chromium import FLAGS, MEND, find_chromium
from launcher.postgres import postgres_server
from tests import databases, made_once
from tests.grouping import put_together
from tests.network import close_network
from tests.running_product import Product, running_product

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Playwright's synchronous interface runs an event loop beneath the test.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
DEMO_EVENTS = 20_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `database_both` run on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("database_both"):
        metafunc.fixturenames.insert(0, "database")
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="session")


# Last, so that no plugin shuffles what stands in order.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One xdist worker runs all that needs the running product: it starts once. What takes long
    begins early, lest one worker end it while the others have nothing left."""
    for item in items:
        if "product" in getattr(item, "fixturenames", ()):
            put_together(item, "product")
            item.add_marker("long")
    items.sort(key=_may_begin_late)


def _may_begin_late(item: pytest.Item) -> bool:
    return not any(item.get_closest_marker(name) for name in ("long", "engines"))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request leaves its language to the thread, and so to whatever test comes next."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        close_network(patch)
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server: TEST_DATABASE_URL, or one started for this session."""
    with postgres_server(os.environ.get("TEST_DATABASE_URL")) as url:
        yield url


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """In place of pytest-django's, which migrates in every process."""
    with django_db_blocker.unblock():
        made = made_once.make_sqlite(made_once.shared_folder(tmp_path_factory))
    with databases.using(made):
        yield


@pytest.fixture(scope="session")
def _postgres_test_database(
    postgres_url: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    folder = made_once.shared_folder(tmp_path_factory)
    with django_db_blocker.unblock():
        database = made_once.make_postgresql(postgres_url, folder)
    yield database
    made_once.drop_postgresql(postgres_url, folder)


@pytest.fixture(scope="session")
def database(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """Which database the test runs on. Given by the marker `database_both`."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    chosen = request.getfixturevalue("_postgres_test_database")
    with django_db_blocker.unblock(), databases.using(chosen):
        yield "postgresql"


@pytest.fixture
def process_environ() -> Callable[[], dict[str, str]]:
    """The environment in which a process meets the database and the data folder of the test."""

    def make() -> dict[str, str]:
        url = databases.url_of(databases.current_settings())
        return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise RuntimeError(f"No Chromium was found for the browser tests. {MEND}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a visitor of its own: no session, no storage."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product, running, with a small demo. Tests that change it undo nothing:
    each makes what it needs under names of its own."""
    folder: Path = tmp_path_factory.mktemp("product")
    with running_product(folder / "data", events=DEMO_EVENTS) as product:
        yield product
