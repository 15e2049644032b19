"""The data of images is added to a response after the SDK has written it."""

import json
from base64 import b64encode

import pytest
from starlette.types import Message

from entrypoints.http.mcp_image_data import AttachImages, DetachedImages

pytestmark = pytest.mark.anyio
FIRST, SECOND = b"\x00first\xff" * 9, b"second"


def content(*data: str) -> bytes:
    blocks = [{"type": "image", "data": each} for each in data]
    return json.dumps({"text": "é", "content": blocks}, ensure_ascii=False).encode()


def base64(data: bytes) -> str:
    return b64encode(data).decode()


async def send_through(images: DetachedImages, *messages: Message) -> list[Message]:
    """What arrives when these messages are sent."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    attaching = AttachImages(images, send)
    for message in messages:
        await attaching(message)
    return sent


def start(**headers: str) -> Message:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_a_response_has_the_data_of_each_image_and_its_own_length() -> None:
    images = DetachedImages()
    body = content(images.detach(FIRST), images.detach(SECOND))
    expected = content(base64(FIRST), base64(SECOND))
    sent = await send_through(images, start(content_length=str(len(body))), part(body))
    assert sent == [start(content_length=str(len(expected))), part(expected)]
    assert not images, "a session keeps its scopes, so the images must be released"


async def test_a_stream_has_the_data_in_the_event_that_has_the_marker() -> None:
    images = DetachedImages()
    sent = await send_through(images, start(), part(b": ping\r\n\r\n", more=True))
    event = b"data: " + content(images.detach(FIRST)) + b"\r\n\r\n"
    sent += await send_through(images, part(event, more=True), part(b""))
    assert sent[1]["body"] == b": ping\r\n\r\n"
    assert sent[2]["body"] == b"data: " + content(base64(FIRST)) + b"\r\n\r\n"
    assert sent[3] == part(b"")


async def test_an_error_that_replaces_the_result_keeps_its_length() -> None:
    images = DetachedImages()
    images.detach(FIRST)
    messages = [start(content_length="9"), part(b'{"no":1}\n')]
    assert await send_through(images, *messages) == messages


def test_a_marker_cannot_be_guessed_from_another() -> None:
    images = DetachedImages()
    markers = {images.detach(FIRST) for _ in range(100)}
    assert len(markers) == 100
    assert {len(marker) for marker in markers} == {32}
