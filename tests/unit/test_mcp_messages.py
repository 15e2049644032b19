"""Requests of one session with equal IDs over HTTP."""

import asyncio
import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from entrypoints.http.mcp_image_data import IMAGE_DATA, DetachedImages
from entrypoints.http.mcp_messages import CheckedMessages
from entrypoints.http.mcp_responses import ENDED, json_error

pytestmark = pytest.mark.anyio
SCOPE = {"type": "http", "method": "POST", "headers": [(b"mcp-session-id", b"one")]}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


class SlowToEnd:
    """An application that sends a response when it may, and returns only later."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_end = asyncio.Event()
        self.started = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.started += 1
        await receive()
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})
        await self.may_end.wait()


async def post(app: CheckedMessages) -> list[Message]:
    """Send a ping with the ID 1; return the messages of the response."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": PING}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(dict(SCOPE), receive, send)
    return sent


async def test_a_running_request_keeps_its_id() -> None:
    inner = SlowToEnd()
    app = CheckedMessages(inner, resumable=False)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(post(app))
        await asyncio.sleep(0)
        start, body = await post(app)
        inner.may_answer.set()
        inner.may_end.set()
    assert start["status"] == 400
    assert json.loads(body["body"])["error"]["code"] == -32600
    assert first.result()[0]["status"] == 200
    assert inner.started == 1


async def test_after_the_response_an_id_can_be_used_again_at_once() -> None:
    inner = SlowToEnd()
    inner.may_answer.set()
    app = CheckedMessages(inner, resumable=False)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(post(app))
        await asyncio.sleep(0)
        second = tasks.create_task(post(app))
        await asyncio.sleep(0)
        assert inner.started == 1, "the SDK must have forgotten the first request"
        inner.may_end.set()
    assert [first.result()[0]["status"], second.result()[0]["status"]] == [200, 200]
    assert inner.started == 2


async def test_images_that_no_response_had_are_released() -> None:
    detached: list[DetachedImages] = []

    async def fail_after_detaching(scope: Scope, _: Receive, send: Send) -> None:
        images: DetachedImages = scope[IMAGE_DATA]
        images.detach(b"an image")
        detached.append(images)
        await json_error(500, ENDED)(scope, _, send)

    await post(CheckedMessages(fail_after_detaching, resumable=False))
    assert [bool(images) for images in detached] == [False]
