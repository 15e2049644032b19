"""Reads the events of OpenAI's streams: few, and each as large as a picture.

The SDK's own reader takes twice the CPU for that, and holds three copies of a picture until the
next event comes: with 48 calls at once that is 200 MB more.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx2
from openai import APIError

from adapters.openai.bounded_http_client import read_chunks
from adapters.openai.reply_buffer import ReplyBuffer
from adapters.openai.translate import field, text_of

END = b"[DONE]"


async def read_json_events(
    response: httpx2.Response, come: ReplyBuffer
) -> AsyncGenerator[object, None]:
    """The JSON value of each event; read it under `contextlib.aclosing`.

    `come` has what has arrived of the event that is not whole yet. Raises APIError for an event
    that tells of an error, ValueError or RecursionError for one that is no JSON (`come` has it
    then), TooLarge, and httpx2.HTTPError when the line breaks. What stands after the last empty
    line is an event too: a picture in it was paid for.
    """
    begun = False
    async with aclosing(_lines(response, come)) as lines:
        async for line in lines:
            name, _, said = line.partition(b":")
            if name == b"data":
                said = said.removeprefix(b" ")
                if not begun and said.startswith(END):
                    return
                come.keep_line(said)
                begun = True
            elif not line and begun:
                begun = False
                yield _value(come, response)


async def _lines(response: httpx2.Response, come: ReplyBuffer) -> AsyncGenerator[bytes, None]:
    """Lines without their ends, which are LF, CR or both; an empty one at the end of all."""
    halved = False
    async with aclosing(read_chunks(response)) as chunks:
        async for chunk in chunks:
            rest = chunk.removeprefix(b"\n") if halved else chunk
            halved = chunk.endswith(b"\r")
            *lines, rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                come.feed(line)
                yield come.take()
            come.feed(rest)
    yield come.take()
    yield b""


def _value(come: ReplyBuffer, response: httpx2.Response) -> object:
    """What the event says that is whole now.

    A byte that is no UTF-8 spoils its own text only, as in browsers.
    """
    data = come.take_event()
    try:
        value: object = json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        come.feed(data)
        raise
    error = field(value, "error")
    if error:
        said = text_of(field(error, "message")) or "An error without words."
        raise APIError(said, request=response.request, body=error)
    return value
