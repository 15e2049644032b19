"""Answers that are sent while they come into being, for as long as the client stays."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import TypeVar

from starlette.types import Receive, Scope, Send

T = TypeVar("T")
Pieces = tuple[bytes, ...]

KEEP_ALIVE = (b": keep-alive\n\n",)
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class EventStream:
    """An ASGI answer of server-sent events.

    `frames` come in pieces, a comment at least each `every` seconds between them. A client that
    leaves ends the generator at once; one that reads slowly is waited for.
    """

    def __init__(
        self,
        frames: AsyncGenerator[tuple[bytes, ...], None],
        every: float,
        headers: Mapping[str, str],
    ) -> None:
        self._frames = frames
        self._every = every
        self._headers = {**HEADERS, **headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _write(self, send: Send) -> None:
        raw = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        async with aclosing(kept_alive(self._frames, self._every)) as frames:
            async for frame in frames:
                for piece in KEEP_ALIVE if frame is None else frame:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def kept_alive(
    items: AsyncGenerator[T, None], every: float
) -> AsyncGenerator[T | None, None]:
    """The items, and None whenever none has come for `every` seconds."""
    coming: asyncio.Task[T] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(items))
            done, _ = await asyncio.wait({coming}, timeout=every)
            if not done:
                yield None
                continue
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield item
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming
        await items.aclose()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
