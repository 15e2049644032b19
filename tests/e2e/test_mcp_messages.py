"""Messages over HTTP that the SDK misreads: the same answers as over stdio."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_PARAMS, JSONRPCNotification

from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.e2e.host import INITIALIZE, SERVER
from tests.e2e.loopback_server import serve, wait_until
from tests.e2e.mcp_http import RawSession, message, result_of
from tests.e2e.odd_messages import HALF_CHARACTERS, UNANSWERED, odd_messages, tool_call
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
HANDSHAKE, MODERN = "2025-11-25", "2026-07-28"
in_both_eras = pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
CHECKED_BEFORE = ("half a character in params", MODERN)
"""The SDK misses other params of a modern request first."""
META = (
    b',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
    b'"io.modelcontextprotocol/clientCapabilities":{}}'
)
"""What a modern request has in its params."""
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


class BrokenRequest(JSONRPCNotification):
    """A request with an invalid ID, which the official client takes for a notification."""

    id: float


class Sender:
    """Posts bodies to `/mcp` in memory, in a session if the protocol version has sessions."""

    def __init__(self, client: AsgiClient, version: str) -> None:
        self._client = client
        self.headers = {**JSON, "MCP-Protocol-Version": version}

    async def open(self) -> None:
        start = {"jsonrpc": "2.0", **INITIALIZE}
        reply = await self.post(json.dumps(start).encode())
        self.headers["MCP-Session-Id"] = reply.headers["mcp-session-id"]

    async def post(self, body: bytes) -> Reply:
        return await self._client.request("POST", "/mcp", self.headers, body)


@asynccontextmanager
async def sender(folder: Path, version: str) -> AsyncIterator[Sender]:
    async with asgi_client(settings_in(folder)) as client:
        sender = Sender(client, version)
        if version == HANDSHAKE:
            await sender.open()
        yield sender


def answer_in(reply: Reply) -> Any:  # noqa: ANN401 - a JSON-RPC message
    assert reply.headers["x-request-id"]
    assert int(reply.headers["content-length"]) == len(reply.body)
    return reply.json


@in_both_eras
async def test_what_is_no_valid_message_is_answered_as_over_stdio(
    version: str, tmp_path: Path
) -> None:
    async with sender(tmp_path, version) as server:
        for name, odd in odd_messages().items():
            reply = await server.post(odd.data)
            answer = answer_in(reply)
            code = INVALID_PARAMS if (name, version) == CHECKED_BEFORE else odd.code
            assert (answer["error"]["code"], answer["id"]) == (code, odd.id), name
            assert reply.status == 400, name


@in_both_eras
async def test_half_a_character_in_a_call_is_an_invalid_request(
    version: str, tmp_path: Path
) -> None:
    async with sender(tmp_path, version) as server:
        for name, params in HALF_CHARACTERS.items():
            tool = params.split(b'"')[3].decode()
            server.headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
            if name == "a tool's name" and version == MODERN:
                continue  # a header cannot hold it
            reply = await server.post(tool_call(5, params + META))
            answer = answer_in(reply)
            assert (reply.status, answer["id"]) == (200, 5), name
            assert answer["result"]["isError"], name
            assert "invalid_request" in str(answer), name


@in_both_eras
async def test_responses_and_notifications_are_accepted_or_refused_without_an_id(
    version: str, tmp_path: Path
) -> None:
    async with sender(tmp_path, version) as server:
        for name, line in UNANSWERED.items():
            reply = await server.post(line)
            if reply.status != 202:
                assert (reply.status, answer_in(reply)["id"]) == (400, None), name
            assert "client says no" not in reply.body.decode(), name


@pytest.mark.parametrize("event_id", ["1", "x" * 500])
async def test_a_last_event_id_changes_nothing(
    event_id: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, httpx2.AsyncClient() as http:
        session = await RawSession.open(http, url)
        headers = {**session.headers, "last-event-id": event_id}
        async with http.stream("GET", session.url, headers=headers) as stream:
            assert stream.status_code == 200
            assert stream.headers["x-request-id"]
            assert (await http.get(session.url, headers=headers)).status_code == 409
        refused = await http.get(session.url, headers=headers | {"accept": "text/plain"})
        assert refused.status_code == 406
        assert refused.headers["x-request-id"]


async def test_every_error_names_the_request(tmp_path: Path) -> None:
    ping = json.dumps(message("ping", number=9)).encode()
    async with sender(tmp_path, HANDSHAKE) as server:
        for name, value, status in [
            ("MCP-Session-Id", "0" * 32, 404),
            ("Accept", "text/plain", 406),
            ("MCP-Protocol-Version", "1999-01-01", 400),
        ]:
            before, server.headers[name] = server.headers[name], value
            reply = await server.post(ping)
            server.headers[name] = before
            assert (reply.status, answer_in(reply)["id"]) == (status, 9)


async def test_two_running_requests_of_a_session_have_different_ids(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(1)
    call = {"name": "generate_image", "arguments": {"prompt": "a red bridge"}}
    async with serve(settings_for(openai_api, tmp_path)) as url, httpx2.AsyncClient() as http:
        session, other = [await RawSession.open(http, url) for _ in range(2)]
        first = asyncio.create_task(session.post("tools/call", call, 7))
        await wait_until(lambda: len(openai_api.posts) == 1)
        second = await session.post("ping", number=7)
        assert (second.status_code, second.json()["error"]["code"]) == (400, -32600)
        assert result_of(await other.post("ping", number=7)) == {}
        assert "Generated" in str(result_of(await first))
        assert result_of(await session.post("ping", number=7)) == {}


async def test_an_answer_without_an_id_does_not_disturb_the_official_client(
    environment: dict[str, str],
) -> None:
    server = StdioServerParameters(command=SERVER, env=environment)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as client:
        await client.initialize()
        await write.send(SessionMessage(BrokenRequest(jsonrpc="2.0", id=1.5, method="ping")))
        assert (await client.list_tools()).tools
