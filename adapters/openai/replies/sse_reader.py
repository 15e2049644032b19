"""Reads the events of OpenAI's streams, which are few, and each as large as an image.

The SDK's own reader takes twice the CPU for them, and holds three copies of an image until the
next event arrives: with 48 concurrent calls that is 200 MB more.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from json import JSONDecodeError

import httpx2
from openai import APIError

from adapters.openai.network.bounded_http_client import read_chunks
from adapters.openai.replies.base64_text import looks_like_image
from adapters.openai.replies.fields import get_field, text_or_empty
from adapters.openai.replies.reply_buffer import ReplyBuffer, TooLarge
from adapters.openai.replies.reply_images import find_images
from adapters.openai.replies.reply_json import parse_json

END = b"[DONE]"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_SKIPPED = 1_000
"""Events that are not JSON, after which the stream is abandoned. A gateway that sends a word each
second, so that the connection stays open, sends a few hundred."""
SECONDS_AFTER_ERROR = 10.0
"""Seconds to wait for an image after an error event. Some gateways report an attempt that failed,
and then send the image of the next one. OpenAI ends the stream with the error."""
IMAGE_WORDS = (b"partial", b"preview", b"completed")
OTHER_FIELDS = (b"", b"id", b"retry")
"""Comments and empty lines, which have no name, and fields that are not about images."""


async def read_json_events(
    response: httpx2.Response, buffer: ReplyBuffer
) -> AsyncGenerator[object, None]:
    """The JSON value of each event; read it under `contextlib.aclosing`.

    `buffer` holds what has arrived of the event that is not complete yet. Raises TooLarge, and
    httpx2.HTTPError when the connection breaks. Raises APIError for an error event at the end of
    the stream, or if no image follows within SECONDS_AFTER_ERROR.

    An event that is not JSON is skipped, because an image may follow it; its data stays in
    `buffer`. If any was skipped, JSONDecodeError is raised in place of the other errors, at the end
    of the stream, and after MAX_SKIPPED of them.
    """
    skipped: list[JSONDecodeError] = []
    try:
        async with aclosing(_values(response, buffer, skipped)) as values:
            async for value in values:
                yield value
                del value  # or it would stay in memory until the next event
    except (APIError, TooLarge, httpx2.HTTPError):
        if not skipped:
            raise
    if skipped:
        raise skipped[0]


async def _values(
    response: httpx2.Response, buffer: ReplyBuffer, skipped: list[JSONDecodeError]
) -> AsyncGenerator[object, None]:
    """The values of events; adds an error to `skipped` for each event that is not JSON."""
    refusal: APIError | None = None
    async with aclosing(_read_events(response, buffer)) as events:
        async for kind in events:
            data = buffer.take_event()
            try:
                value = _parse_event(kind, data, response)
            except (ValueError, RecursionError) as error:
                # Without the text, which the error would hold beside the buffer.
                skipped.append(JSONDecodeError(str(error), "", 0))
                buffer.keep_skipped(data)
                if len(skipped) == MAX_SKIPPED:
                    return
                continue
            except APIError as error:
                refusal = refusal or error
                value = await _next_image(events, response, buffer)
                if value is None:
                    break
            del data
            yield value
            del value
    if refusal is not None:
        raise refusal


async def _next_image(
    events: AsyncGenerator[bytes, None], response: httpx2.Response, buffer: ReplyBuffer
) -> object | None:
    """The next event with an image, None if none arrives within SECONDS_AFTER_ERROR."""
    with suppress(TimeoutError, TooLarge, httpx2.HTTPError):
        async with asyncio.timeout(SECONDS_AFTER_ERROR):
            async for kind in events:
                with suppress(APIError, ValueError, RecursionError):
                    value = _parse_event(kind, buffer.take_event(), response)
                    if find_images(value):
                        return value
    return None


async def _read_events(
    response: httpx2.Response, buffer: ReplyBuffer
) -> AsyncGenerator[bytes, None]:
    """The kind of each event whose lines of data are complete in `buffer`.

    Data after the last empty line is an event too, because an image in it was billed. Lines that
    are not of a stream may hold a billed image too: they stay in `buffer` as stray lines.
    """
    has_data, kind = False, b""
    async with aclosing(_lines(response, buffer)) as lines:
        async for line in lines:
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"data":
                if not has_data and value.startswith(END):
                    return
                buffer.keep_line(value)
                has_data = True
            elif name == b"event":
                kind = value
            elif not line and has_data:
                yield kind
                has_data, kind = False, b""
            elif name not in OTHER_FIELDS:
                buffer.keep_stray(line)


async def _lines(response: httpx2.Response, buffer: ReplyBuffer) -> AsyncGenerator[bytes, None]:
    """Lines without their ends, which are LF, CR or CRLF; the last one is always empty.

    A byte order mark before the first one is left out, as in browsers.
    """
    mark, ended_with_cr = BYTE_ORDER_MARK, False
    async with aclosing(read_chunks(response)) as chunks:
        async for chunk in chunks:
            rest = chunk.removeprefix(b"\n") if ended_with_cr else chunk
            ended_with_cr = chunk.endswith(b"\r")
            *lines, rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                buffer.feed(line)
                yield buffer.take().removeprefix(mark)
                mark = b""
            buffer.feed(rest)
    yield buffer.take().removeprefix(mark)
    yield b""


def _parse_event(kind: bytes, data: bytes, response: httpx2.Response) -> object:
    """The value of an event with this data, whose field `event` is `kind`.

    If the kind has one of IMAGE_WORDS, an object without a type gets it as its type. Raises
    APIError for a value with a field `error`, and for an event whose kind or type is `error`,
    unless an image is in it: that one was billed.
    """
    value = _parse_data(data)
    named = text_or_empty(get_field(value, "type"))
    is_about_image = any(word in kind for word in IMAGE_WORDS)
    if is_about_image and not named and isinstance(value, dict):
        value["type"] = kind.decode(errors="replace")
    is_error = b"error" in (kind, named.encode(errors="replace"))
    error = get_field(value, "error") or (value if is_error else None)
    if error and not find_images(value):
        message = text_or_empty(get_field(error, "message")) or "An error without a message."
        raise APIError(message, request=response.request, body=error)
    return value


def _parse_data(data: bytes) -> object:
    """The JSON value; an object for data that is an image in base64 itself."""
    try:
        return parse_json(data)
    except ValueError:
        text = data.decode("ascii", errors="replace")
        if not looks_like_image(text):
            raise
        return {"b64_json": text}
