"""JSON texts framed as server-sent events, the way older clients read them.

A frame is exactly `data: {json}` and an empty line, after `id` and `event` in a job's own log.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from entrypoints.http.event_json import JsonText

Frame = tuple[bytes, ...]
"""The bytes of one event, in pieces."""
KEEP_ALIVE: Frame = (b": keep-alive\n\n",)
"""A comment, which clients skip."""


def data_frame(text: JsonText) -> Frame:
    """An event that is nothing but data."""
    return (b"data: ", *text, b"\n\n")


def event_frame(number: int, name: str, text: JsonText) -> Frame:
    """A numbered event with a name; a client continues after the number that it read last."""
    return (b"id: %d\nevent: %b\ndata: " % (number, name.encode()), *text, b"\n\n")


async def data_frames(texts: AsyncGenerator[JsonText, None]) -> AsyncGenerator[Frame, None]:
    """A frame for each text."""
    async with aclosing(texts):
        async for text in texts:
            yield data_frame(text)
