"""Braze's clusters: which address serves a code, and which partner key it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cluster:
    code: str
    rest_url: str
    dashboard_host: str
    # Never derived from the address: "eu" also occurs in names that take the US key.
    partner_key_name: Literal["US", "EU"]


def _us(number: int) -> Cluster:
    code = f"{number:02}"
    return Cluster(
        f"US-{code}", f"https://rest.iad-{code}.braze.com", f"dashboard-{code}.braze.com", "US"
    )


def _eu(number: int) -> Cluster:
    code = f"{number:02}"
    return Cluster(
        f"EU-{code}", f"https://rest.fra-{code}.braze.eu", f"dashboard-{code}.braze.eu", "EU"
    )


def _regional(code: str) -> Cluster:
    place = code.lower()
    return Cluster(code, f"https://rest.{place}.braze.com", f"dashboard.{place}.braze.com", "US")


CLUSTERS: dict[str, Cluster] = {
    cluster.code: cluster
    for cluster in (
        *(_us(number) for number in range(1, 9)),
        _regional("US-10"),
        _eu(1),
        _eu(2),
        _regional("AU-01"),
        _regional("JP-01"),
        _regional("ID-01"),
        _regional("KR-01"),
    )
}


def find_cluster(text: str) -> Cluster | None:
    """The cluster meant by a code, a REST address or a dashboard address, however pasted."""
    text = text.strip()
    if text.upper() in CLUSTERS:
        return CLUSTERS[text.upper()]
    host = _host_of(text)
    for cluster in CLUSTERS.values():
        if host in (urlsplit(cluster.rest_url).hostname, cluster.dashboard_host):
            return cluster
    return None


def _host_of(text: str) -> str | None:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or parts.username or parts.password or port not in (None, 443):
        return None
    return parts.hostname
