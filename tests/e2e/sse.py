"""Readers of /mcp/stream: the loop that existing clients use, a browser's EventSource, and curl."""

import json
from asyncio.subprocess import PIPE, create_subprocess_exec
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

Event = dict[str, Any]
Body = Mapping[str, Any]
TIMEOUT = 30.0


@asynccontextmanager
async def open_stream(url: str, body: Body) -> AsyncIterator[httpx2.Response]:
    """The response of /mcp/stream, not read yet."""
    async with (
        httpx2.AsyncClient(timeout=TIMEOUT) as client,
        client.stream("POST", f"{url}/mcp/stream", json=dict(body)) as response,
    ):
        yield response


async def older_loop(chunks: AsyncIterator[str]) -> AsyncIterator[Event]:
    """The loop of version 1 clients, translated to Python without a change."""
    buffer = ""
    async for chunk in chunks:
        buffer += chunk
        parts = buffer.split("\n\n")
        buffer = parts.pop()
        for part in parts:
            if part.startswith("data: "):
                yield json.loads(part[6:])
    assert buffer == ""


async def event_source(chunks: AsyncIterator[str]) -> AsyncIterator[Event]:
    """What a browser delivers: the data of messages. Only data and comments are accepted."""
    data: list[str] = []
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        for line in lines:
            field, colon, value = line.partition(":")
            if field == "data":
                data.append(value.removeprefix(" "))
            elif not line and data:
                yield json.loads("\n".join(data))
                data = []
            else:
                assert not field, line
                assert colon or not line
    assert not rest
    assert not data


async def read_with_older_loop(url: str, body: Body) -> list[Event]:
    """All events of the response, read with the loop of version 1 clients."""
    async with open_stream(url, body) as response:
        assert response.status_code == 200
        return [event async for event in older_loop(response.aiter_text())]


async def read_with_event_source(url: str, body: Body) -> list[Event]:
    """All events of the response, read as a browser reads them."""
    async with open_stream(url, body) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        return [event async for event in event_source(response.aiter_text())]


async def read_with_curl(url: str, body: Body) -> list[Event]:
    """All events, read by a curl process, which exits when the stream ends."""
    options = ["-H", "Content-Type: application/json", "--data-binary", json.dumps(body)]
    curl = await create_subprocess_exec(
        "curl", "-sS", "-N", "--fail", "--noproxy", "*", *options, f"{url}/mcp/stream", stdout=PIPE
    )
    output, _ = await curl.communicate()
    assert curl.returncode == 0
    frames = output.decode().split("\n\n")
    assert frames.pop() == ""
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def event_types(events: list[Event]) -> list[str]:
    """The types of the events in order, with consecutive progress events as one."""
    names = [event["type"] for event in events]
    return [
        name
        for name, before in zip(names, ["", *names], strict=False)
        if name != "progress" or before != name
    ]


def image_of(event: Event) -> bytes:
    """The image of a partial or complete event."""
    text = event["data"].get("partialImage") or event["data"]["finalImage"]
    return b64decode(text, validate=True)
