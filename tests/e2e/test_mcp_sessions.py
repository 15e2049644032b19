"""Sessions of the protocol versions with a handshake: their end, their limit, and their memory."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.http.application import HttpApplication
from entrypoints.http.routes import mcp_endpoint
from tests.e2e.loopback_server import serve_app, wait_until
from tests.e2e.mcp_http import RawSession, connect_over_http, result_of
from tests.e2e.transports import settings_for
from tests.standin import StandIn

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def serve_sessions(
    api: StandIn, folder: Path
) -> AsyncIterator[tuple[str, httpx2.AsyncClient, StreamableHTTPSessionManager]]:
    """Serve; yield the URL, an HTTP client, and the manager of the server's sessions."""
    async with run_application(settings_for(api, folder)) as container:
        app = HttpApplication(container)
        async with (
            app.manager.run(),
            serve_app(app.asgi) as url,
            httpx2.AsyncClient() as http,
        ):
            yield url, http, app.manager


def open_sessions(manager: StreamableHTTPSessionManager) -> int:
    return len(manager._server_instances)


async def ping(session: RawSession) -> int:
    return (await session.post("ping")).status_code


async def test_an_unknown_session_is_not_found(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        session = RawSession(http, url)
        session.headers["mcp-session-id"] = "0" * 32
        assert await ping(session) == 404
        assert (await session.delete()).status_code == 404
        assert (await http.get(session.url, headers=session.headers)).status_code == 404
        assert open_sessions(manager) == 0


async def test_a_rejected_request_opens_no_session(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        session = RawSession(http, url)
        assert await ping(session) == 400
        assert (await http.get(session.url, headers=session.headers)).status_code == 400
        reply = await http.post(session.url, headers=session.headers, json=["no", "request"])
        assert reply.status_code == 400
        assert open_sessions(manager) == 0


async def test_a_client_ends_its_session(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        session, other = [await RawSession.open(http, url) for _ in range(2)]
        assert (await session.delete()).status_code == 200
        assert await ping(session) == 404
        assert await ping(other) == 200
        assert open_sessions(manager) == 1


async def test_a_session_above_the_limit_is_rejected_until_one_ends(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mcp_endpoint.MAX_SESSIONS == 1_000
    monkeypatch.setattr(mcp_endpoint, "MAX_SESSIONS", 3)
    async with serve_sessions(openai_api, tmp_path) as (url, http, _):
        sessions = [await RawSession.open(http, url) for _ in range(3)]
        assert (await RawSession(http, url).initialize()).status_code == 503
        assert [await ping(session) for session in sessions] == [200] * 3
        async with connect_over_http(url) as modern:  # it needs no session
            assert (await modern.list_tools()).tools
        await sessions[0].delete()
        await RawSession.open(http, url)


async def test_an_idle_session_ends_and_an_active_one_does_not(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mcp_endpoint.SESSION_IDLE_TIMEOUT == 600.0
    monkeypatch.setattr(mcp_endpoint, "SESSION_IDLE_TIMEOUT", 0.5)
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        session, listener = [await RawSession.open(http, url) for _ in range(2)]
        async with http.stream("GET", listener.url, headers=listener.headers):
            await wait_until(lambda: open_sessions(manager) == 1)
            assert await ping(session) == 404
            assert await ping(listener) == 200
        await wait_until(lambda: not open_sessions(manager))
        assert await ping(listener) == 404


async def test_thirty_disconnected_clients_leave_no_sessions(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_endpoint, "SESSION_IDLE_TIMEOUT", 0.5)
    call: dict[str, Any] = {"name": "cache_stats", "arguments": {}}
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        for number in range(30):
            session = await RawSession.open(http, url)
            assert result_of(await session.post("tools/call", call))["content"]
            if number % 2:
                await session.delete()
        await wait_until(lambda: not open_sessions(manager))
        await wait_until(lambda: not transports())
        assert manager._session_owners == {}


async def test_memory_does_not_grow_with_the_number_of_past_clients(
    openai_api: StandIn, tmp_path: Path
) -> None:
    """Objects are counted, not bytes: one leaked object per client would fail."""
    async with serve_sessions(openai_api, tmp_path) as (url, http, manager):
        await open_and_end_sessions(http, url, 50)
        await wait_until(lambda: not open_sessions(manager))
        before = objects()
        await open_and_end_sessions(http, url, 300)
        await wait_until(lambda: not open_sessions(manager))
        await wait_until(lambda: objects() - before < 150)


async def open_and_end_sessions(http: httpx2.AsyncClient, url: str, times: int) -> None:
    for _ in range(times):
        session = RawSession(http, url)
        session.headers["mcp-session-id"] = (await session.initialize()).headers["mcp-session-id"]
        await session.delete()


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def transports() -> int:
    gc.collect()
    return sum(isinstance(each, StreamableHTTPServerTransport) for each in gc.get_objects())
