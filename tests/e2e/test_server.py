"""The web server as a whole: how it starts, how much it does at once, and how it ends."""

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
"""Seconds that no ending here takes, unless it waits for somebody for whom it should not."""


class Running:
    """The server as `run` runs it, but in the test's loop: `end` is the signal."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.told = asyncio.Event()
        self.task = asyncio.create_task(serve(settings, listener, self.told))

    async def ended(self) -> float:
        """Tell it to end; return the seconds that took."""
        start = monotonic()
        self.told.set()
        await self.task
        return monotonic() - start


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    listener = listen(settings.model_copy(update={"port": 0, "warm_up": False}))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
    server = Running(settings, listener)
    try:
        yield server
    finally:
        await server.ended()


@asynccontextmanager
async def client_of(server: Running) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=server.url, timeout=30, limits=limits) as client:
        yield client


async def painted(client: httpx2.AsyncClient, prompt: str) -> httpx2.Response:
    return await client.post("/images", json={"prompt": prompt})


async def streamed(client: httpx2.AsyncClient, prompt: str) -> bytes:
    return (await client.post("/mcp/stream", json={"prompt": prompt})).content


async def called(api: StandIn, number: int) -> None:
    await asyncio.to_thread(api.wait_for_calls, number)


def all_are_kept(api: StandIn, settings: Settings) -> bool:
    """Whether every picture that was charged is on disk, byte for byte."""
    kept = {sha256(file.read_bytes()).hexdigest() for file in settings.images_folder.glob("*")}
    return all(set(charge.digests) <= kept for charge in api.ledger)


async def test_while_it_drains_what_runs_is_finished_and_what_comes_is_refused(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.8)
    settings = settings_for(openai_api, tmp_path)
    async with running(settings) as server, client_of(server) as client:
        stream = asyncio.create_task(streamed(client, "a red bridge"))
        await called(openai_api, 1)
        assert (await client.get("/readyz")).status_code == 200
        ending = asyncio.create_task(server.ended())
        while (readiness := await client.get("/readyz")).status_code == 200:
            pass
        assert (readiness.status_code, readiness.json()["checks"]["jobs"]) == (503, "draining")
        refused = await painted(client, "too late")
        assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
        assert (await client.get("/livez")).status_code == 200
        assert b'data: {"type":"complete"' in await stream
        assert await ending < TIMEOUT
    assert len(openai_api.posts) == 1
    assert all_are_kept(openai_api, settings)


async def test_nothing_that_is_open_keeps_it_when_there_is_nothing_to_do(tmp_path: Path) -> None:
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
        assert await server.ended() < TIMEOUT
        assert (await listens.read_to_end()).endswith(b"0\r\n\r\n")


async def test_who_does_not_read_keeps_it_no_longer_than_the_grace(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, shutdown_grace=1.5)
    body = b'{"prompt": "a red bridge"}'
    async with running(settings) as server, connect(server.port, SMALL_BUFFER) as deaf:
        await deaf.send(POST % len(body) + body)
        await wait_until(lambda: openai_api.ledger and all_are_kept(openai_api, settings))
        assert await server.ended() < TIMEOUT


async def test_work_that_outlasts_the_grace_ends_in_a_word_to_its_caller(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, shutdown_grace=2.0)
    async with running(settings) as server, client_of(server) as client:
        stream = asyncio.create_task(streamed(client, "a red bridge"))
        answer = asyncio.create_task(painted(client, "a blue bridge"))
        await called(openai_api, 2)
        assert await server.ended() < TIMEOUT
        assert b'"code":"outcome_unknown"' in (await stream).splitlines()[-2]
        assert (await answer).json()["code"] == "outcome_unknown"


async def test_of_20_calls_with_room_for_3_and_6_who_wait_11_are_sent_away(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=3, max_waiting_calls=6)
    async with running(settings) as server, client_of(server) as client:
        answers = await asyncio.gather(*(painted(client, f"bridge {n}") for n in range(20)))
    served = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 503]
    assert (len(served), len(busy), len(openai_api.posts)) == (9, 11, 9)
    assert {answer.json()["code"] for answer in busy} == {"busy"}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in busy)


@pytest.mark.parametrize(
    ("trusted", "second"),
    [((), 429), (("10.9.9.9",), 429), (("127.0.0.1",), 201)],
    ids=["nobody", "another", "the proxy"],
)
async def test_a_client_is_who_a_trusted_proxy_says(
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
                    json={"prompt": "a bridge", "size": "64x64"},
                    headers={"x-forwarded-for": f"10.0.0.{number}"},
                )
            ).status_code
            for number in (1, 2)
        ]
    assert statuses == [201, second]


OPEN = {"host": "0.0.0.0", "allow_unauthenticated": True}  # noqa: S104 - what is tested is the warning
TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "listens on http://127.0.0.1:3000 (MCP at /mcp)"),
        ({"host": "::1"}, "listens on http://[::1]:3000 "),
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
def test_it_says_where_it_listens_and_what_its_operator_should_know(
    values: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert said in startup_banner(settings_in(tmp_path, **values), 3000)


@pytest.mark.parametrize("values", [{}, {**OPEN, "auth_token": TOKEN}], ids=["loopback", "token"])
def test_it_warns_of_nothing_where_nobody_can_come_unasked(
    values: dict[str, Any], tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, openai_api_key="sk-x", **values)
    assert len(startup_banner(settings, 3000).splitlines()) == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the system has no such limit")
def test_the_system_takes_little_of_an_answer_that_nobody_reads(tmp_path: Path) -> None:
    with listen(settings_in(tmp_path, port=0)) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == MAX_UNSENT


def test_an_address_that_is_taken_is_a_fault_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_in(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(SettingsError, match=r"PORT=.*: Address already in use"):
            listen(settings)


def ended_with(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - an exit code
    monkeypatch.setattr(sys, "argv", ["mcp-server-gpt-image", "http", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_a_server_that_others_could_use_does_not_start_and_names_all_its_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_CALLS", "0")
    assert ended_with(["--host", "0.0.0.0", "--port", "70000"], monkeypatch) == 2  # noqa: S104 - it must be refused
    said = capsys.readouterr().err
    assert "  PORT: " in said
    assert "  AUTH_TOKEN: With HOST=0.0.0.0, other machines could generate images" in said
    assert "  PROVIDER: OPENAI_API_KEY is not set" in said
    assert "  MAX_CONCURRENT_CALLS: " in said
