from __future__ import annotations

import pytest

from integrations.braze.clusters import CLUSTERS, find_cluster
from integrations.braze.redaction import redact


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US-01", "US-01"),
        (" eu-02 ", "EU-02"),
        ("https://rest.iad-06.braze.com", "US-06"),
        ("https://rest.iad-06.braze.com/", "US-06"),
        ("rest.fra-01.braze.eu", "EU-01"),
        ("https://dashboard-03.braze.com/engagement/x?y=1", "US-03"),
        ("dashboard-02.braze.eu", "EU-02"),
        ("https://dashboard.us-10.braze.com", "US-10"),
        ("HTTPS://REST.AU-01.BRAZE.COM:443", "AU-01"),
        ("https://rest.jp-01.braze.com", "JP-01"),
    ],
)
def test_it_knows_a_cluster_by_code_rest_address_and_dashboard_address(
    text: str, code: str
) -> None:
    cluster = find_cluster(text)
    assert cluster is not None
    assert cluster.code == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "US-09",
        "http://rest.iad-01.braze.com",
        "https://rest.iad-01.braze.com.evil.example",
        "https://evil.example/rest.iad-01.braze.com",
        "https://rest.iad-01.braze.com@evil.example",
        "https://user@rest.iad-01.braze.com",
        "https://rest.iad-01.braze.com:8443",
        "https://rest.iad-01.braze.com:99999",
        "https://169.254.169.254",
        "https://[::1",
        "localhost",
    ],
)
def test_it_knows_no_other_address(text: str) -> None:
    assert find_cluster(text) is None


def test_every_cluster_takes_the_key_of_its_region() -> None:
    european = {code for code, cluster in CLUSTERS.items() if cluster.partner_key_name == "EU"}
    assert european == {"EU-01", "EU-02"}
    assert all(cluster.rest_url.startswith("https://rest.") for cluster in CLUSTERS.values())


def test_redaction_masks_a_secret_in_other_case_and_keeps_the_rest() -> None:
    assert redact("key ABC-1 and abc-1x", ["abc-1"]) == "key •••• and ••••x"


def test_redaction_masks_ids_only_where_they_stand_alone() -> None:
    assert redact("a cat: a, b.c", [], ids=["a", "b.c"]) == "•••• cat: ••••, ••••"


def test_redaction_without_secrets_changes_nothing() -> None:
    assert redact("plain", ["", ""]) == "plain"
