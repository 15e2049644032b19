"""Who may open a WebSocket, and what everyone else is told."""

import json
from pathlib import Path

import httpx2
import pytest
from starlette.types import Message
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.e2e.asgi_client import HOST, asgi_client
from tests.e2e.image_socket import SUBPROTOCOL, open_socket
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
TOKEN = "a token that is hard to guess"


REFUSALS = {
    "no token": ({}, "/ws", 401, "unauthorized"),
    "a wrong token": ({"Authorization": "Bearer no"}, "/ws", 401, "unauthorized"),
    "a foreign page": (
        {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"},
        "/ws",
        403,
        "foreign_page",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_handshake_is_refused_as_every_other_request(
    name: str, openai_api: StandIn, tmp_path: Path
) -> None:
    headers, path, status, code = REFUSALS[name]
    async with serve(settings_for(openai_api, tmp_path, auth_token=TOKEN)) as url:
        with pytest.raises(InvalidStatus) as refusal:
            async with open_socket(url, headers, path):
                raise AssertionError("the connection is open")
        response = refusal.value.response
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert json.loads(response.body or b"")["code"] == code
        async with open_socket(url, {"Authorization": f"Bearer {TOKEN}"}) as socket:
            assert (await socket.ask("ping"))[-1]["type"] == "pong"


async def test_another_host_name_and_a_missing_subprotocol_are_refused(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        port = int(url.rpartition(":")[2])
        cases = (
            ("evil.example", SUBPROTOCOL, 421, "misdirected"),
            ("127.0.0.1", None, 400, "no_subprotocol"),
            ("127.0.0.1", Subprotocol("mcp"), 400, "no_subprotocol"),
        )
        for name, subprotocol, status, code in cases:
            offered = [subprotocol] if subprotocol else None
            address = f"ws://{name}:{port}/ws"
            with pytest.raises(InvalidStatus) as refusal:
                await connect(
                    address, host="127.0.0.1", port=port, subprotocols=offered, proxy=None
                )
            response = refusal.value.response
            assert (response.status_code, json.loads(response.body or b"")["code"]) == (
                status,
                code,
            )


async def test_requests_that_open_no_websocket_are_plain_requests(
    openai_api: StandIn, tmp_path: Path
) -> None:
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    key = {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        for headers in ({}, upgrade, {**upgrade, "sec-websocket-key": "short"}):
            reply = await http.get("/ws", headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (426, "upgrade_required")
            assert reply.headers["upgrade"] == "websocket"
        assert (await http.get("/models", headers={**upgrade, **key})).status_code == 200
        posted = await http.post("/ws", headers={**upgrade, **key})
        assert posted.json()["code"] == "method_not_allowed"


async def test_a_websocket_at_another_path_is_not_found(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with asgi_client(settings_in(tmp_path)) as client:
        headers = [(b"host", HOST.encode())]
        scope = {"type": "websocket", "path": "/mcp", "headers": headers, "query_string": b""}
        await client.app.asgi(scope, receive, send)
    start, body = sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert json.loads(body["body"])["code"] == "not_found"
