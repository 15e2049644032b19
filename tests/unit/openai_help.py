"""Calls of the provider `openai` inside Redaction, and an endpoint that sends what a test wants."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from json import dumps
from typing import Any

from adapters.openai.connection import Connection
from adapters.openai.provider import OpenAIImages
from application.ports.image_provider import (
    Delivered,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from application.safeguards.redaction import Redaction
from domain.image import Image
from domain.models import ModelCard
from domain.requests import GenerateRequest
from tests.conftest import KEY
from tests.testkit.fakes import job_for, small_image

MODEL = "gpt-image-2.6-flare"
TEAL = small_image("teal", (64, 64))
PLUM = small_image("plum", (64, 64))


@asynccontextmanager
async def event_stream(
    base_url: str,
    *,
    key: str | None = KEY,
    seconds: float = 5,
    deadline: float = 30,
    project: str | None = None,
    **fields: Any,  # noqa: ANN401 - fields of GenerateRequest
) -> AsyncIterator[ProviderStream]:
    """The events of a generate call with these request fields, as they arrive."""
    request = GenerateRequest(**{"prompt": "a red bridge", "model": MODEL, **fields})
    provider = OpenAIImages(
        Connection(
            api_key=key, base_url=base_url, timeout=seconds, deadline=deadline, project=project
        )
    )
    guarded = Redaction(provider, [key] if key else [])
    job = job_for(request, card=ModelCard(name=MODEL))
    try:
        async with aclosing(guarded.generate(job)) as events:
            yield events
    finally:
        await provider.close()


async def generate_events(base_url: str, **fields: Any) -> list[StreamEvent]:  # noqa: ANN401 - of `event_stream`
    """All events."""
    async with event_stream(base_url, **fields) as events:
        return [event async for event in events]


async def generate(base_url: str, **fields: Any) -> Delivered:  # noqa: ANN401 - fields of GenerateRequest
    """The delivered images; only previews may come before them."""
    *before, last = await generate_events(base_url, **fields)
    assert isinstance(last, Delivered)
    assert all(isinstance(event, PartialImage) for event in before)
    return last


def completed(image: Image = TEAL, usage: object = None) -> bytes:
    """The event with an image."""
    return _event("completed", image, usage=usage)


def preview(image: Image = PLUM) -> bytes:
    """The event with a preview."""
    return _event("partial_image", image)


def _event(kind: str, image: Image, **fields: object) -> bytes:
    text = b64encode(image.data).decode()
    data = {"type": f"image_generation.{kind}", "b64_json": text, **fields}
    return f"data: {dumps(data)}\n\n".encode()


def usage(tokens_in: int, tokens_out: int) -> dict[str, Any]:
    """Usage as the API reports it."""
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"text_tokens": tokens_in, "image_tokens": 0},
        "output_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }


@asynccontextmanager
async def streaming(*events: bytes | asyncio.Event, ends: bool = True) -> AsyncIterator[str]:
    """The base URL of an endpoint that streams several images, which OpenAI's does not.

    An asyncio.Event among the events is awaited. Without `ends`, the connection is cut in the
    middle of the body.
    """

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if b"content-length" in line)
        await reader.readexactly(int(length.partition(b":")[2]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        for event in events:
            if isinstance(event, asyncio.Event):
                await event.wait()
                continue
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        writer.write(b"0\r\n\r\n" if ends else b"")
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
