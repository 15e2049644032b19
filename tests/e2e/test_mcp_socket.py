"""MCP over a WebSocket, beyond what tests/e2e/transports.py runs on every transport."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.e2e.host import INITIALIZE
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import message
from tests.e2e.mcp_websocket import SUBPROTOCOL, connect_over_websocket
from tests.e2e.odd_messages import UNANSWERED, odd_messages
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

pytestmark = pytest.mark.anyio
TOKEN = "a token that is hard to guess"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[ClientConnection]:
    """A connection after the handshake of MCP."""
    address = url.replace("http://", "ws://") + "/mcp/ws"
    async with connect(address, subprotocols=[SUBPROTOCOL], max_size=None, proxy=None) as socket:
        await socket.send(json.dumps({"jsonrpc": "2.0", **INITIALIZE}))
        assert "result" in await answer(socket)
        await socket.send(json.dumps(message("notifications/initialized", number=None)))
        yield socket


async def answer(socket: ClientConnection) -> dict[str, Any]:
    """The next response; notifications are passed over."""
    async with asyncio.timeout(30):
        while True:
            received: dict[str, Any] = json.loads(await socket.recv())
            if "id" in received:
                return received


def call(number: int, prompt: str) -> str:
    arguments = {"name": "generate_image", "arguments": {"prompt": prompt}}
    return json.dumps(message("tools/call", arguments, number))


async def test_what_is_no_valid_message_is_answered_as_over_stdio(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, opened(url) as socket:
        for name, odd in odd_messages().items():
            try:
                text = odd.data.decode()
            except UnicodeDecodeError:
                continue  # no text frame can have it
            await socket.send(text)
            answered = await answer(socket)
            assert (answered["error"]["code"], answered["id"]) == (odd.code, odd.id), name
        await socket.send(b"\x00")
        assert (await answer(socket))["error"]["code"] == -32700
        await socket.send(json.dumps(message("ping", number=9000)))
        assert (await answer(socket))["id"] == 9000


async def test_what_needs_no_answer_gets_none(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, opened(url) as socket:
        for data in filter(bytes.strip, UNANSWERED.values()):  # an empty frame is no message
            await socket.send(data.decode())
        await socket.send(json.dumps(message("ping", number=9000)))
        assert (await answer(socket))["id"] == 9000


async def test_calls_run_at_once_and_each_answer_has_its_own_image(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    settings = settings_for(openai_api, tmp_path, result_max_bytes=8_000_000)
    async with serve(settings) as url, opened(url) as socket:
        for number in range(4):
            arguments = {"prompt": f"image {number}", "detail": "full"}
            parameters = {"name": "generate_image", "arguments": arguments}
            await socket.send(json.dumps(message("tools/call", parameters, number)))
        answers = {each["id"]: each for each in [await answer(socket) for _ in range(4)]}
    images = set()
    for number in range(4):
        result = answers[number]["result"]
        assert not result.get("isError"), result
        (data,) = (part["data"] for part in result["content"] if part["type"] == "image")
        assert data.startswith("iVBOR")
        assert len(data) > 500_000
        images.add(data)
    assert len(images) == 4


async def test_a_running_id_and_too_many_requests_are_refused(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.websocket.mcp_session.MAX_REQUESTS", 2)
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, shutdown_grace=0)
    async with serve(settings) as url, opened(url) as socket:
        await socket.send(call(1, "one"))
        await socket.send(call(1, "again"))
        again = await answer(socket)
        assert (again["id"], "still running" in again["error"]["message"]) == (1, True)
        await socket.send(call(2, "two"))
        await socket.send(call(3, "three"))
        third = await answer(socket)
        assert (third["id"], "limit" in third["error"]["message"]) == (3, True)
        cancel = message("notifications/cancelled", {"requestId": 2}, number=None)
        await socket.send(json.dumps(cancel))
        await socket.send(json.dumps(message("ping", number=4)))
        while (await answer(socket))["id"] != 4:
            await socket.send(json.dumps(message("ping", number=4)))


async def test_a_client_that_leaves_before_the_call_is_sent_cancels_it(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.5)
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=1)
    async with serve(settings) as url, opened(url) as first:
        await first.send(call(1, "one"))
        await asyncio.to_thread(openai_api.wait_for_calls, 1, 30)
        async with opened(url) as second:
            await second.send(call(1, "two"))
            await second.send(json.dumps(message("ping", number=2)))
            assert (await answer(second))["id"] == 2
        assert "result" in await answer(first)
    assert len(openai_api.posts) == 1


async def test_the_token_is_needed(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path, auth_token=TOKEN)) as url:
        with pytest.raises(InvalidStatus) as refusal:
            async with opened(url):
                raise AssertionError("the connection is open")
        assert refusal.value.response.status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        async with connect_over_websocket(url, headers=bearer) as client:
            assert (await client.list_tools()).tools


async def test_each_connection_has_a_log_line(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info")
    async with serve(settings) as url, opened(url) as socket:
        await socket.send(call(1, "one"))
        assert "result" in await answer(socket)
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = (each for each in logged if each["event"] == "request")
    assert line.items() >= {"path": "/mcp/ws", "method": "GET", "status": 101, "jobs": 1}.items()
    assert line["close_code"] == 1000
    assert line["bytes"] > 1000
