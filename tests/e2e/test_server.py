"""The HTTP server as a whole: its start, its concurrency, and its shutdown."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2
import pytest

from entrypoints.cli.app import main
from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http import port_occupant
from entrypoints.http.http_server import serve
from entrypoints.http.listening_socket import MAX_UNSENT, listen
from entrypoints.http.startup_banner import startup_banner
from tests.e2e.loopback_server import wait_until
from tests.e2e.mcp_http import RawSession
from tests.e2e.raw_connections import connect
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
SMALL_BUFFER = 4096
POST = (
    b"POST /mcp/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
)
TIMEOUT = 8.0
"""Seconds within which every shutdown here must end."""


class RunningServer:
    """The server as `run` starts it, but in the test's event loop; `stop` is the signal."""

    def __init__(self, settings: Settings, listeners: list[socket.socket]) -> None:
        self.port: int = listeners[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.shutdown = asyncio.Event()
        self.task = asyncio.create_task(serve(settings, listeners, self.shutdown))

    async def stop(self) -> float:
        """Shut down the server; return the seconds that took."""
        start = monotonic()
        self.shutdown.set()
        await self.task
        return monotonic() - start


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[RunningServer]:
    listeners = listen(settings.model_copy(update={"port": 0, "warm_up": False}))
    for each in listeners:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
    server = RunningServer(settings, listeners)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def client_of(server: RunningServer) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=server.url, timeout=30, limits=limits) as client:
        yield client


async def generate(client: httpx2.AsyncClient, prompt: str) -> httpx2.Response:
    return await client.post("/images", json={"prompt": prompt})


async def read_stream(client: httpx2.AsyncClient, prompt: str) -> bytes:
    return (await client.post("/mcp/stream", json={"prompt": prompt})).content


async def wait_for_calls(api: StandIn, number: int) -> None:
    await asyncio.to_thread(api.wait_for_calls, number)


def all_are_stored(api: StandIn, settings: Settings) -> bool:
    """Whether every charged image is on the disk unchanged."""
    files = [file for file in settings.images_folder.glob("*") if not file.is_dir()]
    stored = {sha256(file.read_bytes()).hexdigest() for file in files}
    return all(set(charge.digests) <= stored for charge in api.ledger)


async def test_shutdown_finishes_running_calls_and_rejects_new_ones(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.8)
    settings = settings_for(openai_api, tmp_path)
    async with running(settings) as server, client_of(server) as client:
        stream = asyncio.create_task(read_stream(client, "a red bridge"))
        await wait_for_calls(openai_api, 1)
        assert (await client.get("/readyz")).status_code == 200
        stopping = asyncio.create_task(server.stop())
        while (readiness := await client.get("/readyz")).status_code == 200:
            pass
        assert (readiness.status_code, readiness.json()["checks"]["jobs"]) == (503, "draining")
        refused = await generate(client, "too late")
        assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
        assert (await client.get("/livez")).status_code == 200
        assert b'data: {"type":"complete"' in await stream
        assert await stopping < TIMEOUT
    assert len(openai_api.posts) == 1
    assert all_are_stored(openai_api, settings)


async def test_idle_connections_do_not_delay_the_shutdown(tmp_path: Path) -> None:
    async with (
        running(settings_in(tmp_path, provider="sketch")) as server,
        client_of(server) as client,
        connect(server.port),
        connect(server.port) as half,
        connect(server.port) as almost,
        connect(server.port) as listens,
    ):
        session = await RawSession.open(client, server.url)
        await half.send(b"POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        await almost.send(POST % 1000 + b'{"prompt": ')
        headers = "".join(f"{name}: {value}\r\n" for name, value in session.headers.items())
        await listens.send(f"GET /mcp HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        await listens.reader.readuntil(b"\r\n\r\n")
        assert await server.stop() < TIMEOUT
        assert (await listens.read_to_end()).endswith(b"0\r\n\r\n")


async def test_a_client_that_does_not_read_delays_the_shutdown_by_the_grace_period_at_most(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, shutdown_grace=1.5)
    body = b'{"prompt": "a red bridge"}'
    async with running(settings) as server, connect(server.port, SMALL_BUFFER) as client:
        await client.send(POST % len(body) + body)
        await wait_until(lambda: openai_api.ledger and all_are_stored(openai_api, settings))
        assert await server.stop() < TIMEOUT


async def test_a_call_beyond_the_grace_period_gets_an_error(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, shutdown_grace=2.0)
    async with running(settings) as server, client_of(server) as client:
        stream = asyncio.create_task(read_stream(client, "a red bridge"))
        reply = asyncio.create_task(generate(client, "a blue bridge"))
        await wait_for_calls(openai_api, 2)
        assert await server.stop() < TIMEOUT
        assert b'"code":"outcome_unknown"' in (await stream).splitlines()[-2]
        assert (await reply).json()["code"] == "outcome_unknown"


async def test_of_20_calls_3_run_6_wait_and_11_are_rejected(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=3, max_waiting_calls=6)
    async with running(settings) as server, client_of(server) as client:
        replies = await asyncio.gather(*(generate(client, f"bridge {n}") for n in range(20)))
    served = [reply for reply in replies if reply.status_code == 201]
    busy = [reply for reply in replies if reply.status_code == 503]
    assert (len(served), len(busy), len(openai_api.posts)) == (9, 11, 9)
    assert {reply.json()["code"] for reply in busy} == {"busy"}
    assert all(int(reply.headers["retry-after"]) > 0 for reply in busy)


@pytest.mark.parametrize(
    ("trusted", "second"),
    [((), 429), (("10.9.9.9",), 429), (("127.0.0.1",), 201)],
    ids=["none", "another", "the proxy"],
)
async def test_the_client_address_is_taken_from_a_trusted_proxy_only(
    trusted: tuple[str, ...], second: int, tmp_path: Path
) -> None:
    settings = settings_in(
        tmp_path, provider="sketch", rate_limit="1/hour", trusted_proxies=trusted
    )
    async with running(settings) as server, client_of(server) as client:
        statuses = [
            (
                await client.post(
                    "/images",
                    json={"prompt": f"bridge {number}", "size": "64x64"},
                    headers={"x-forwarded-for": f"10.0.0.{number}"},
                )
            ).status_code
            for number in (1, 2)
        ]
    assert statuses == [201, second]


OPEN = {"host": "0.0.0.0", "allow_unauthenticated": True}  # noqa: S104 - the warning is tested, nothing is bound
TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "listens on http://127.0.0.1:3000 (MCP at /mcp)"),
        ({"host": "::1"}, "listens on http://[::1]:3000 "),
        (
            OPEN,
            "every address of this machine, port 3000 (MCP at /mcp). Open http://127.0.0.1:3000 in",
        ),
        (OPEN | {"host": "::"}, "port 3000 (MCP at /mcp). Open http://[::1]:3000 in a browser."),
        ({"page": "off"}, "Open http://127.0.0.1:3000/docs in a browser."),
        ({"provider": "sketch"}, "offline sketches"),
        ({"cors_origin": "https://a.example, *"}, "Warning: with CORS_ORIGIN=* any web page"),
        (
            {"trusted_proxies": "*"},
            "Warning: with TRUSTED_PROXIES=* any client can claim any address",
        ),
        (OPEN, "Warning: any client that can reach this address may generate images at your cost"),
        ({"public_url": "https://a.example"}, "Warning: any client that the proxy admits"),
    ],
)
def test_the_startup_banner_has_the_url_and_warnings(
    values: dict[str, Any], text: str, tmp_path: Path
) -> None:
    assert text in startup_banner(settings_in(tmp_path, **values), 3000)


@pytest.mark.parametrize("values", [{}, {**OPEN, "auth_token": TOKEN}], ids=["loopback", "token"])
def test_a_protected_server_prints_no_warning(values: dict[str, Any], tmp_path: Path) -> None:
    settings = settings_in(tmp_path, openai_api_key="sk-x", **values)
    assert len(startup_banner(settings, 3000).splitlines()) == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the system lacks this option")
def test_the_system_buffers_little_of_an_unread_reply(tmp_path: Path) -> None:
    for listener in listen(settings_in(tmp_path, port=0)):
        with listener:
            assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == MAX_UNSENT


def test_a_port_in_use_is_a_settings_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_occupant, "ANSWER_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_in(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(
            SettingsError, match=r"PORT=.*: Address already in use\.\nAnother program uses"
        ):
            listen(settings)


def exit_code(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - an exit code
    monkeypatch.setattr(sys, "argv", ["mcp-server-gpt-image", "http", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_an_unprotected_server_does_not_start_and_lists_all_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_CALLS", "0")
    assert exit_code(["--host", "0.0.0.0", "--port", "70000"], monkeypatch) == 2  # noqa: S104 - must be rejected
    errors = capsys.readouterr().err
    assert "  PORT: " in errors
    assert "  AUTH_TOKEN: With HOST=0.0.0.0, other machines could generate images" in errors
    assert "  PROVIDER: OPENAI_API_KEY or " in errors
    assert "  MAX_CONCURRENT_CALLS: " in errors
