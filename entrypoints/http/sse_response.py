"""Answers that are sent while they come into being, for as long as the client stays."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from starlette.types import Receive, Scope, Send

from entrypoints.http.sse_events import KEEP_ALIVE, Frame

MAX_CHUNK_BYTES = 256 * 1024
"""Bytes."""

T = TypeVar("T")
ReceiveAny = Callable[[], Awaitable[Mapping[str, object]]]

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class EventStream:
    """An ASGI answer of server-sent events.

    `frames` come in pieces, with a comment between them whenever none comes for `every` seconds. A
    client that leaves ends the generator at once; one that reads slowly is waited for.
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
    """The same bytes, in few parts, of which none is much longer than LONGEST_PART.

    The server copies what the network does not take at once: a part for each client that is slow,
    not a picture.
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
    """The items, and None whenever none has come for `every` seconds."""
    coming: asyncio.Future[T | None] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(items))
            done, _ = await asyncio.wait({coming}, timeout=every)
            if not done:
                yield None
                continue
            item = coming.result()
            if item is None:
                return
            coming = None
            yield item
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming
        await items.aclose()


async def _next(items: AsyncGenerator[T, None]) -> T | None:
    """The next item, or None at the end.

    An exception would say so too, and hold everything within its reach, a picture at least, until
    the garbage collector comes by.
    """
    return await anext(items, None)


async def until_disconnect(work: Coroutine[Any, Any, T], receive: ReceiveAny) -> T | None:
    """What comes of it; if the client leaves first, it is canceled, and this is None."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait({working, leaving})
    return None if working.cancelled() else working.result()


async def _left(receive: ReceiveAny) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
