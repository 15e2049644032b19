"""MCP clients over HTTP: the official one, and a raw one for protocol versions with a handshake."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx2
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client

NO_TIME_LIMIT = httpx2.Timeout(None)
ERAS = ["auto", "legacy"]
"""The official client's names: the modern era if the server supports it, and the eras before."""


@asynccontextmanager
async def connect_over_http(
    url: str,
    era: str = "auto",
    headers: Mapping[str, str] | None = None,
    answer: ElicitationFnT | None = None,
) -> AsyncIterator[Client]:
    """The official client, connected to `/mcp` of this server. `answer` makes it able to ask."""
    async with httpx2.AsyncClient(headers=headers, timeout=NO_TIME_LIMIT) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=era, elicitation_callback=answer) as client:
            yield client


class RawSession:
    """A session of a protocol version with a handshake, one HTTP request at a time."""

    def __init__(self, http: httpx2.AsyncClient, url: str, version: str = "2025-11-25") -> None:
        self.http = http
        self.url = f"{url}/mcp"
        self.headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": version,
        }
        self._version = version

    @classmethod
    async def open(cls, http: httpx2.AsyncClient, url: str, version: str = "2025-11-25") -> Self:
        """Open a session: initialize it, and send the notification."""
        session = cls(http, url, version)
        response = await session.initialize()
        assert response.status_code == 200, response.text
        session.headers["mcp-session-id"] = response.headers["mcp-session-id"]
        await session.post("notifications/initialized", number=None)
        return session

    async def initialize(self) -> httpx2.Response:
        """Send the `initialize` request."""
        client = {"name": "raw", "version": "1"}
        params = {"protocolVersion": self._version, "capabilities": {}, "clientInfo": client}
        return await self.post("initialize", params)

    async def post(
        self, method: str, params: Mapping[str, Any] | None = None, number: int | None = 1
    ) -> httpx2.Response:
        """Send a request, or a notification if `number` is None; return the whole response."""
        return await self.http.post(
            self.url, headers=self.headers, json=message(method, params, number)
        )

    async def delete(self) -> httpx2.Response:
        """End the session."""
        return await self.http.delete(self.url, headers=self.headers)


def message(
    method: str, params: Mapping[str, Any] | None = None, number: int | None = 1
) -> dict[str, Any]:
    """A JSON-RPC request, or a notification if `number` is None."""
    numbered = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", **numbered, "method": method, "params": dict(params or {})}


def events(response: httpx2.Response) -> list[bytes]:
    """The raw events of a response."""
    return [each for each in response.content.replace(b"\r\n", b"\n").split(b"\n\n") if each]


def result_of(response: httpx2.Response) -> dict[str, Any]:
    """The JSON-RPC result in the last event."""
    data = events(response)[-1].partition(b"data: ")[2]
    result: dict[str, Any] = json.loads(data)["result"]
    return result
