"""Responses that are sent while their job runs, for as long as the client is connected."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from starlette.types import Receive, Scope, Send

from entrypoints.http.sse_events import KEEP_ALIVE, Frame

KEEP_ALIVE_SECONDS = 10.0
"""Documented as at most 15."""
MAX_CHUNK_BYTES = 256 * 1024

T = TypeVar("T")
AnyReceive = Callable[[], Awaitable[Mapping[str, object]]]

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class EventStream:
    """An ASGI response of server-sent events.

    A comment is sent whenever no frame has arrived for `every` seconds. When the client
    disconnects, the generator of `frames` is closed at once. The stream waits for a slow reader.
    """

    def __init__(
        self,
        frames: AsyncGenerator[Frame, None],
        every: float,
        headers: Mapping[str, str],
    ) -> None:
        self._frames = frames
        self._every = every
        self._headers = {**HEADERS, **headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await until_disconnect(self._write(send), receive)

    async def _write(self, send: Send) -> None:
        raw = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        async with aclosing(with_keep_alive(self._frames, self._every)) as frames:
            async for frame in frames:
                for part in _chunks(KEEP_ALIVE if frame is None else frame):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _chunks(pieces: Frame) -> Iterator[bytes | memoryview]:
    """The same bytes in few chunks, none of them much longer than MAX_CHUNK_BYTES.

    The server copies what the network does not take at once: for each slow client that is one
    chunk, and not an image.
    """
    short: list[bytes] = []
    for piece in pieces:
        if len(piece) <= MAX_CHUNK_BYTES:
            short.append(piece)
            continue
        yield b"".join(short)
        short.clear()
        whole = memoryview(piece)
        for start in range(0, len(piece), MAX_CHUNK_BYTES):
            yield whole[start : start + MAX_CHUNK_BYTES]
    yield b"".join(short)


async def with_keep_alive(
    items: AsyncGenerator[T, None], every: float
) -> AsyncGenerator[T | None, None]:
    """The items, and None whenever no item has arrived for `every` seconds."""
    pending: asyncio.Future[T | None] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(_next(items))
            done, _ = await asyncio.wait({pending}, timeout=every)
            if not done:
                yield None
                continue
            item = pending.result()
            if item is None:
                return
            pending = None
            yield item
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError):
                await pending
        await items.aclose()


async def _next(items: AsyncGenerator[T, None]) -> T | None:
    """The next item, or None at the end.

    StopAsyncIteration would keep alive what its frames refer to, at least one image, until the
    garbage collector runs.
    """
    return await anext(items, None)


async def until_disconnect(work: Coroutine[Any, Any, T], receive: AnyReceive) -> T | None:
    """The result of `work`; None if the client disconnects first, which cancels `work`.

    Work that ends at the moment of the disconnect keeps its result.
    """
    task = asyncio.create_task(work)
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({task, disconnect}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        disconnect.cancel()
        await asyncio.wait({task, disconnect})
    return None if task.cancelled() else task.result()


async def _wait_for_disconnect(receive: AnyReceive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
