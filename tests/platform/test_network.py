from __future__ import annotations

import socket

import pytest

from tests.network import NetworkIsClosed


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:2800:220:1::1"])
def test_no_test_connects_to_another_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as connection:
        with pytest.raises(NetworkIsClosed):
            connection.connect((host, 80))
        with pytest.raises(NetworkIsClosed):
            connection.connect_ex((host, 80))


def test_no_test_looks_up_a_real_name() -> None:
    with pytest.raises(NetworkIsClosed):
        socket.getaddrinfo("rest.iad-01.braze.com", 443)


def test_reserved_names_resolve_nowhere() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("braze.example", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
