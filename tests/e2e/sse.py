"""Readers of /mcp/stream: as older users wrote theirs, as browsers have it, and curl."""

import json
from asyncio.subprocess import PIPE, create_subprocess_exec
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

Event = dict[str, Any]
Body = Mapping[str, Any]
PATIENCE = 30.0


@asynccontextmanager
async def streaming(url: str, body: Body) -> AsyncIterator[httpx2.Response]:
    """The answer of /mcp/stream, as it comes."""
    async with (
        httpx2.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", f"{url}/mcp/stream", json=dict(body)) as answer,
    ):
        yield answer


async def older_loop(chunks: AsyncIterator[str]) -> AsyncIterator[Event]:
    """What users of the older server wrote, word for word but for the language."""
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
    """What a browser hands on: the data of messages. Nothing but data and comments may come."""
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


async def by_older_loop(url: str, body: Body) -> list[Event]:
    """All events, up to the end of the answer."""
    async with streaming(url, body) as answer:
        assert answer.status_code == 200
        return [event async for event in older_loop(answer.aiter_text())]


async def by_event_source(url: str, body: Body) -> list[Event]:
    """The same."""
    async with streaming(url, body) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        return [event async for event in event_source(answer.aiter_text())]


async def by_curl(url: str, body: Body) -> list[Event]:
    """The same, as a process that ends with the stream."""
    asked = ["-H", "Content-Type: application/json", "--data-binary", json.dumps(body)]
    curl = await create_subprocess_exec(
        "curl", "-sS", "-N", "--fail", "--noproxy", "*", *asked, f"{url}/mcp/stream", stdout=PIPE
    )
    said, _ = await curl.communicate()
    assert curl.returncode == 0
    frames = said.decode().split("\n\n")
    assert frames.pop() == ""
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def kinds(events: list[Event]) -> list[str]:
    """What kinds of events came, in their order, progress in a row told once."""
    names = [event["type"] for event in events]
    return [
        name
        for name, before in zip(names, ["", *names], strict=False)
        if name != "progress" or before != name
    ]


def picture_in(event: Event) -> bytes:
    """The picture of a partial or a complete event."""
    text = event["data"].get("partialImage") or event["data"]["finalImage"]
    return b64decode(text, validate=True)
