"""Answers that are sent while they come into being."""

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
    """The other end of an ASGI answer: takes all, unless told to be `slow`; leaves when told."""

    def __init__(self, *, slow: bool = False) -> None:
        self.said: list[bytes] = []
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
        self.said.append(bytes(message["body"]))
        self.whole = not message["more_body"]

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def takes(self, frames: Frames, every: float = NEVER) -> bytes:
        """All that is said until the answer ends."""
        await EventStream(frames, every, {"x-job-id": "job_1"})({}, self.receive, self.send)
        return b"".join(self.said)


class Source:
    """Frames that a test puts there; `ended` once whoever reads them has ended that."""

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


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


async def test_frames_arrive_in_their_order_byte_for_byte() -> None:
    client = Client()
    assert await client.takes(frames_of((b"data: 1\n\n",), (b"data: ", b"2", b"\n\n"))) == (
        b"data: 1\n\ndata: 2\n\n"
    )
    assert client.whole
    assert client.start["status"] == 200
    headers = {name.decode(): value.decode() for name, value in client.start["headers"]}
    assert headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",  # nginx would keep it until it is whole
        "x-job-id": "job_1",
    }


async def test_a_frame_goes_in_few_parts_and_none_is_as_long_as_a_picture() -> None:
    picture = bytes(range(256)) * 8192
    client = Client()
    whole = await client.takes(frames_of((b"data: ", b'"', picture, b'"', picture, b'"', b"\n\n")))
    assert whole == b'data: "' + picture + b'"' + picture + b'"\n\n'
    assert max(map(len, client.said)) == MAX_CHUNK_BYTES
    assert len(client.said) == 2 * len(picture) / MAX_CHUNK_BYTES + 4


async def test_comments_fill_the_time_in_which_nothing_comes() -> None:
    source, client = Source(), Client()
    taking = asyncio.create_task(client.takes(source.read(), SOON))
    source.frames.put_nowait((b"data: 1\n\n",))
    await until(lambda: len(client.said) >= 3)
    source.frames.put_nowait((b"data: ", b"2\n\n"))
    source.frames.put_nowait(None)
    await taking
    kinds = [said for said, _ in groupby(client.said)]
    assert kinds in (
        [b"data: 1\n\n", *KEEP_ALIVE, b"data: 2\n\n", b""],
        [*KEEP_ALIVE, b"data: 1\n\n", *KEEP_ALIVE, b"data: 2\n\n", b""],
    )


async def test_a_client_that_leaves_ends_what_it_was_told_of() -> None:
    source, client = Source(), Client()
    taking = asyncio.create_task(client.takes(source.read()))
    await until(lambda: client.start)
    client.left.set()
    await taking
    assert source.ended.is_set()
    assert not client.whole


async def test_a_client_that_leaves_without_having_read_ends_it_too() -> None:
    source, client = Source(), Client(slow=True)
    taking = asyncio.create_task(client.takes(source.read()))
    source.frames.put_nowait((b"data: 1\n\n",))
    await until(source.frames.empty)
    client.left.set()
    await taking
    assert source.ended.is_set()
    assert client.said == []


async def test_a_server_that_ends_the_answer_ends_it_too() -> None:
    source, client = Source(), Client()
    before = asyncio.all_tasks()
    taking = asyncio.create_task(client.takes(source.read()))
    await until(lambda: client.start)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert source.ended.is_set()
    assert asyncio.all_tasks() == before


async def test_frames_that_fail_fail_the_answer_and_leave_nothing_running() -> None:
    source, client = Source(), Client()
    before = asyncio.all_tasks()
    source.frames.put_nowait(ValueError("x"))
    with pytest.raises(ValueError, match="x"):
        await client.takes(source.read())
    assert not client.whole
    assert asyncio.all_tasks() == before


class Item:
    """Something that can be seen to be gone."""


async def test_nothing_of_a_stream_waits_for_the_garbage_collector() -> None:
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
