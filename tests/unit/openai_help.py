"""The provider `openai` asked directly, and an endpoint that says whatever a test wants."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from json import dumps
from typing import Any

from adapters.openai.provider import OpenAIImages
from application.ports.image_provider import (
    Delivered,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from domain.image import Image
from domain.models import ModelCard
from domain.requests import GenerateRequest
from tests.conftest import KEY
from tests.testkit.fakes import job_for, small_image

MODEL = "gpt-image-2.6-flare"
TEAL = small_image("teal", (64, 64))
PLUM = small_image("plum", (64, 64))


@asynccontextmanager
async def painting(
    base_url: str,
    *,
    key: str | None = KEY,
    patience: float = 5,
    project: str | None = None,
    **fields: Any,  # noqa: ANN401 - fields of GenerateRequest
) -> AsyncIterator[ProviderStream]:
    """The events of one generated picture, or of as many as `fields` say, as they come."""
    request = GenerateRequest(**{"prompt": "a red bridge", "model": MODEL, **fields})
    provider = OpenAIImages(api_key=key, base_url=base_url, timeout=patience, project=project)
    try:
        async with aclosing(
            provider.generate(job_for(request, card=ModelCard(name=MODEL)))
        ) as events:
            yield events
    finally:
        await provider.close()


async def asked(base_url: str, **fields: Any) -> list[StreamEvent]:  # noqa: ANN401 - of `painting`
    """All events."""
    async with painting(base_url, **fields) as events:
        return [event async for event in events]


async def answer(base_url: str, **fields: Any) -> Delivered:  # noqa: ANN401 - fields of GenerateRequest
    """What was delivered in the end; previews may come before it, and nothing else."""
    *before, last = await asked(base_url, **fields)
    assert isinstance(last, Delivered)
    assert all(isinstance(event, PartialImage) for event in before)
    return last


def completed(image: Image = TEAL, usage: object = None) -> bytes:
    """The event that brings a picture."""
    return _event("completed", image, usage=usage)


def preview(image: Image = PLUM) -> bytes:
    """The event that brings a preview."""
    return _event("partial_image", image)


def _event(kind: str, image: Image, **fields: object) -> bytes:
    text = b64encode(image.data).decode()
    data = {"type": f"image_generation.{kind}", "b64_json": text, **fields}
    return f"data: {dumps(data)}\n\n".encode()


def usage(tokens_in: int, tokens_out: int) -> dict[str, Any]:
    """Usage as the API tells it."""
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"text_tokens": tokens_in, "image_tokens": 0},
        "output_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }


@asynccontextmanager
async def streaming(*events: bytes | asyncio.Event, ends: bool = True) -> AsyncIterator[str]:
    """The base URL of an endpoint that streams several pictures, which OpenAI's does not.

    An asyncio.Event among the events is waited for. Without `ends` the line is cut in the middle
    of the body.
    """

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
