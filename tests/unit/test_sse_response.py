"""Responses that are sent while they are generated."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from itertools import groupby

import pytest
from starlette.types import Message

from entrypoints.http.sse_events import KEEP_ALIVE
from entrypoints.http.sse_response import MAX_CHUNK_BYTES, EventStream, with_keep_alive

pytestmark = pytest.mark.anyio
NEVER = 60.0
SOON = 0.005
Frames = AsyncGenerator[tuple[bytes, ...], None]


class Client:
    """The client of an ASGI response.

    A `slow` client reads nothing until `reads` is set. The client disconnects when `left` is set.
    """

    def __init__(self, *, slow: bool = False) -> None:
        self.received: list[bytes] = []
        self.start: Message = {}
        self.whole = False
        self.reads = asyncio.Event()
        self.left = asyncio.Event()
        if not slow:
            self.reads.set()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        await self.reads.wait()
        self.received.append(bytes(message["body"]))
        self.whole = not message["more_body"]

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def read(self, frames: Frames, every: float = NEVER) -> bytes:
        """Run the response; return the whole body."""
        await EventStream(frames, every, {"x-job-id": "job_1"})({}, self.receive, self.send)
        return b"".join(self.received)


class Source:
    """Frames that a test adds; `ended` is set when their reader has closed them."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[tuple[bytes, ...] | Exception | None] = asyncio.Queue()
        self.ended = asyncio.Event()

    async def read(self) -> Frames:
        try:
            while (frame := await self.frames.get()) is not None:
                if isinstance(frame, Exception):
                    raise frame
                yield frame
        finally:
            self.ended.set()


async def frames_of(*frames: tuple[bytes, ...]) -> Frames:
    for frame in frames:
        yield frame


async def wait_until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


async def test_frames_arrive_in_order_and_unchanged() -> None:
    client = Client()
    assert await client.read(frames_of((b"data: 1\n\n",), (b"data: ", b"2", b"\n\n"))) == (
        b"data: 1\n\ndata: 2\n\n"
    )
    assert client.whole
    assert client.start["status"] == 200
    headers = {name.decode(): value.decode() for name, value in client.start["headers"]}
    assert headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",  # nginx would buffer the response
        "x-job-id": "job_1",
    }


async def test_a_frame_is_sent_in_a_few_bounded_chunks() -> None:
    image = bytes(range(256)) * 8192
    client = Client()
    whole = await client.read(frames_of((b"data: ", b'"', image, b'"', image, b'"', b"\n\n")))
    assert whole == b'data: "' + image + b'"' + image + b'"\n\n'
    assert max(map(len, client.received)) == MAX_CHUNK_BYTES
    assert len(client.received) == 2 * len(image) / MAX_CHUNK_BYTES + 4


async def test_comments_are_sent_while_there_are_no_frames() -> None:
    source, client = Source(), Client()
    reading = asyncio.create_task(client.read(source.read(), SOON))
    source.frames.put_nowait((b"data: 1\n\n",))
    await wait_until(lambda: len(client.received) >= 3)
    source.frames.put_nowait((b"data: ", b"2\n\n"))
    source.frames.put_nowait(None)
    await reading
    kinds = [chunk for chunk, _ in groupby(client.received)]
    assert kinds in (
        [b"data: 1\n\n", *KEEP_ALIVE, b"data: 2\n\n", b""],
        [*KEEP_ALIVE, b"data: 1\n\n", *KEEP_ALIVE, b"data: 2\n\n", b""],
    )


async def test_a_disconnect_closes_the_frames() -> None:
    source, client = Source(), Client()
    reading = asyncio.create_task(client.read(source.read()))
    await wait_until(lambda: client.start)
    client.left.set()
    await reading
    assert source.ended.is_set()
    assert not client.whole


async def test_a_disconnect_before_the_first_read_closes_the_frames() -> None:
    source, client = Source(), Client(slow=True)
    reading = asyncio.create_task(client.read(source.read()))
    source.frames.put_nowait((b"data: 1\n\n",))
    await wait_until(source.frames.empty)
    client.left.set()
    await reading
    assert source.ended.is_set()
    assert client.received == []


async def test_a_canceled_response_closes_the_frames() -> None:
    source, client = Source(), Client()
    before = asyncio.all_tasks()
    reading = asyncio.create_task(client.read(source.read()))
    await wait_until(lambda: client.start)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert source.ended.is_set()
    assert asyncio.all_tasks() == before


async def test_failing_frames_fail_the_response_and_leave_no_task() -> None:
    source, client = Source(), Client()
    before = asyncio.all_tasks()
    source.frames.put_nowait(ValueError("x"))
    with pytest.raises(ValueError, match="x"):
        await client.read(source.read())
    assert not client.whole
    assert asyncio.all_tasks() == before


class Item:
    """An object whose deletion a test can observe."""


async def test_a_stream_leaves_nothing_for_the_garbage_collector() -> None:
    seen: list[weakref.ref[Item]] = []

    async def items() -> AsyncGenerator[Item, None]:
        for _ in range(3):
            item = Item()
            seen.append(weakref.ref(item))
            yield item

    async def read() -> None:
        async with aclosing(with_keep_alive(items(), NEVER)) as all_:
            async for _ in all_:
                pass

    await _without_collecting(read)
    assert [ref() for ref in seen] == [None] * 3


async def _without_collecting(work: Callable[[], Awaitable[None]]) -> None:
    gc.disable()
    try:
        await work()
        await asyncio.sleep(0)
    finally:
        gc.enable()
