"""`localhost` means 127.0.0.1 to some clients and ::1 to others (F19)."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http import listening_socket, port_occupant
from entrypoints.http.listening_socket import listen
from entrypoints.http.startup_banner import startup_banner
from tests.e2e.loopback_server import serve, serve_app
from tests.e2e.test_server import running
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
V4, V6 = "127.0.0.1", "::1"


def has_ipv6() -> bool:
    try:
        socket.create_server((V6, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this system has no IPv6")


@contextmanager
def listening(settings: Settings) -> Iterator[list[tuple[str, int]]]:
    """The addresses and ports that the server listens on with these settings."""
    sockets = listen(settings)
    try:
        yield [each.getsockname()[:2] for each in sockets]
    finally:
        for each in sockets:
            each.close()


HOSTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "F19 unset": ({}, [V4, V6]),
    "F19 localhost": ({"host": "localhost"}, [V4, V6]),
    "F19 127.0.0.1": ({"host": V4}, [V4]),
    "sibling: capitals": ({"host": "LocalHost"}, [V4, V6]),
    "sibling: ::1 alone": ({"host": V6}, [V6]),
    "sibling: brackets": ({"host": "[::1]"}, [V6]),
    "sibling: every address": ({"host": "0.0.0.0"}, ["0.0.0.0"]),  # noqa: S104 - closed at once
}


@needs_ipv6
@pytest.mark.parametrize(("values", "addresses"), HOSTS.values(), ids=HOSTS)
def test_the_server_listens_on_every_address_that_the_host_means(
    values: dict[str, Any], addresses: list[str], tmp_path: Path
) -> None:
    with listening(settings_in(tmp_path, port=0, **values)) as found:
        assert [address for address, _ in found] == addresses
        assert len({port for _, port in found}) == 1, "clients are told one port"


@needs_ipv6
async def test_both_addresses_are_served_by_any_name(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, provider="sketch")
    async with running(settings) as server, httpx2.AsyncClient() as client:
        for name in (V4, f"[{V6}]", "localhost"):
            reply = await client.get(f"http://{name}:{server.port}/health")
            assert reply.status_code == 200, name


REFUSED = {
    "sibling: no IPv6 address": (V6, errno.EADDRNOTAVAIL, [V4]),
    "sibling: no IPv6 at all": (V6, errno.EAFNOSUPPORT, [V4]),
    "sibling: no IPv4": (V4, errno.EADDRNOTAVAIL, [V6]),
}


@needs_ipv6
@pytest.mark.parametrize(("missing", "reason", "left"), REFUSED.values(), ids=REFUSED)
def test_an_address_that_the_system_lacks_is_left_out(
    missing: str, reason: int, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.create_server

    def create(address: tuple[str, int], **options: Any) -> socket.socket:  # noqa: ANN401 - as the real one
        if address[0] == missing:
            raise OSError(reason, "not here")
        return real(address, **options)

    monkeypatch.setattr(socket, "create_server", create)
    with listening(settings_in(tmp_path, port=0)) as found:
        assert [address for address, _ in found] == left


@needs_ipv6
def test_a_free_port_is_free_at_both_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, taken = listening_socket._listen, 3

    def bind(address: str, port: int) -> socket.socket:
        nonlocal taken
        if address == V6 and taken:
            taken -= 1
            raise OSError(errno.EADDRINUSE, "Address already in use")
        return real(address, port)

    monkeypatch.setattr(listening_socket, "_listen", bind)
    with listening(settings_in(tmp_path, port=0)) as found:
        assert [address for address, _ in found] == [V4, V6]
    assert taken == 0


async def answer_of(settings: Settings) -> str:
    """The error at the start, while this event loop serves the port that is taken."""
    with pytest.raises(SettingsError) as error:
        await asyncio.to_thread(listen, settings)
    return str(error.value)


async def test_a_port_that_our_own_server_has_is_said(tmp_path: Path) -> None:
    async with serve(settings_in(tmp_path, provider="sketch")) as url:
        text = await answer_of(settings_in(tmp_path, port=urlsplit(url).port))
    assert "mcp-server-gpt-image 2" in text
    assert "uses this port already" in text
    assert "--port or PORT; 0 picks a free one" in text


async def test_a_port_that_another_server_has_is_said(tmp_path: Path) -> None:
    async def app(_: Any, __: Any, send: Any) -> None:  # noqa: ANN401 - an ASGI application
        headers = [(b"server", b"nginx/1.22")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"[]"})

    async with serve_app(app) as url:
        text = await answer_of(settings_in(tmp_path, host=V4, port=urlsplit(url).port))
    assert "nginx/1.22, answers HTTP requests on this port." in text


@needs_ipv6
async def test_a_port_that_is_taken_at_one_address_is_not_used_at_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_occupant, "ANSWER_TIMEOUT", 0.05)
    with socket.create_server((V6, 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        text = await answer_of(settings_in(tmp_path, port=port))
    assert f"cannot listen on [::1]:{port} (HOST=localhost, PORT={port})" in text
    with socket.create_server((V4, port)):
        pass  # nothing of ours is left listening


def test_the_first_line_names_an_address_that_every_client_reaches(tmp_path: Path) -> None:
    assert "http://127.0.0.1:3000" in startup_banner(settings_in(tmp_path), 3000)
    assert "http://[::1]:3000" in startup_banner(settings_in(tmp_path, host="[::1]"), 3000)
