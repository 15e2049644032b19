"""MCP clients over HTTP: the official one, and one that sees the bytes of the handshake eras."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

NO_TIME_LIMIT = httpx2.Timeout(None)
ERAS = ["auto", "legacy"]
"""What the official client calls the modern era, where a server has it, and those before."""


@asynccontextmanager
async def connected_to(
    url: str, era: str = "auto", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Client]:
    """The official client, connected to `/mcp` of this server."""
    async with httpx2.AsyncClient(headers=headers, timeout=NO_TIME_LIMIT) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=era) as client:
            yield client


class RawSession:
    """A session of the handshake eras, one HTTP request at a time."""

    def __init__(self, http: httpx2.AsyncClient, url: str, version: str = "2025-11-25") -> None:
        self.http = http
        self.url = f"{url}/mcp"
        self.headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": version,
        }
        self._version = version

    @classmethod
    async def opened(cls, http: httpx2.AsyncClient, url: str, version: str = "2025-11-25") -> Self:
        """A session after its handshake."""
        session = cls(http, url, version)
        answer = await session.initialize()
        assert answer.status_code == 200, answer.text
        session.headers["mcp-session-id"] = answer.headers["mcp-session-id"]
        await session.post("notifications/initialized", number=None)
        return session

    async def initialize(self) -> httpx2.Response:
        """The first request."""
        client = {"name": "raw", "version": "1"}
        params = {"protocolVersion": self._version, "capabilities": {}, "clientInfo": client}
        return await self.post("initialize", params)

    async def post(
        self, method: str, params: Mapping[str, Any] | None = None, number: int | None = 1
    ) -> httpx2.Response:
        """Send a request, or a notification where it has no number; return the whole answer."""
        return await self.http.post(
            self.url, headers=self.headers, json=message(method, params, number)
        )

    async def delete(self) -> httpx2.Response:
        """End the session."""
        return await self.http.delete(self.url, headers=self.headers)


def message(
    method: str, params: Mapping[str, Any] | None = None, number: int | None = 1
) -> dict[str, Any]:
    """A JSON-RPC request, or a notification where it has no number."""
    numbered = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", **numbered, "method": method, "params": dict(params or {})}


def events(answer: httpx2.Response) -> list[bytes]:
    """The events of an answer, as they came."""
    return [each for each in answer.content.replace(b"\r\n", b"\n").split(b"\n\n") if each]


def result_of(answer: httpx2.Response) -> dict[str, Any]:
    """The result in the last event."""
    data = events(answer)[-1].partition(b"data: ")[2]
    result: dict[str, Any] = json.loads(data)["result"]
    return result
