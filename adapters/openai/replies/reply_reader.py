"""Reads the reply to one call: JSON or a stream of events, whatever its content type says."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Protocol

import httpx2
from openai import APIError

from adapters.openai.network.bounded_http_client import read_chunks
from adapters.openai.network.endpoint import Api, Endpoint
from adapters.openai.replies.parsed_reply import ParsedReply
from adapters.openai.replies.reply_buffer import ReplyBuffer, TooLarge
from adapters.openai.replies.reply_json import parse_json
from adapters.openai.replies.sse_reader import BYTE_ORDER_MARK, read_json_events
from application.ports.image_provider import Accepted, PartialImage, ProviderEvent
from domain.models import ModelCard
from domain.provider_errors import OutcomeUnknown
from domain.requests import ImageRequest

ReplyEvents = AsyncGenerator[ProviderEvent, None]

FROM_SDK = (APIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError)
"""What the SDK raises; the last two for a request or a stream event that is not valid text."""

PIECE_BYTES = 1 << 16
EVENTS = (b"data:", b"event:", b":", BYTE_ORDER_MARK + b"data:", BYTE_ORDER_MARK + b"event:")
"""The beginnings of a stream of events, whatever its content type is."""
DATA_URL = b"data:image/"
"""The beginning of an image, and not of a stream."""


class EventImages(Protocol):
    """The images of one stream, and what is left of its events."""

    def add(self, event: object, /) -> PartialImage | Accepted | None:
        """Take an event; return what the caller gets at once, if anything."""

    @property
    def arrived(self) -> int:
        """How many images have arrived so far that are surely no previews."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that follows is needed."""

    @property
    def has_ends(self) -> bool:
        """Whether any event can be delivered: with an image, or as the last one without."""

    @property
    def patience(self) -> float | None:
        """Seconds for which the rest of the stream is awaited from now on; None: no limit."""

    def parse(self, request_id: str | None, *, broke_off: bool) -> ParsedReply:
        """All images, or, without any, the last events. Forgets them."""

    def take_unused_preview(self) -> bytes:
        """The last preview that was not passed on, as it came; empty if there is none."""


class ReplyFormat(Protocol):
    """The replies of one API."""

    @property
    def api(self) -> Api:
        """The API, for messages."""

    def parse(self, raw: bytes, request_id: str | None, /) -> ParsedReply:
        """Parse a reply that is not a stream; without an image, it is undecodable as a whole."""

    def stream(self, request: ImageRequest, /) -> EventImages:
        """An empty collection for the events of a stream."""

    def check_without_image(
        self, reply: ParsedReply, card: ModelCard, endpoint: Endpoint, /
    ) -> None:
        """Raise the error that a reply without an image is, if it says one."""


def read_reply(
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer, form: ReplyFormat
) -> ReplyEvents:
    """Yield the previews of a reply with status 2xx, and then one ParsedReply.

    Raises FROM_SDK, TooLarge and OutcomeUnknown; `buffer` has what could not be used.
    """
    is_stream = request.partial_images and _is_stream(response)
    return (_read_stream if is_stream else _read_json)(response, request, buffer, form)


def _request_id(response: httpx2.Response) -> str | None:
    return response.headers.get("x-request-id") or None


def _is_stream(response: httpx2.Response) -> bool:
    """Whether the reply is a stream; some endpoints and gateways ignore `stream`."""
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith("text/event-stream")


async def _read_json(
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer, form: ReplyFormat
) -> ReplyEvents:
    """Deliver the images of a complete JSON reply, even if the connection breaks after it."""
    try:
        async with aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                buffer.feed(chunk)
    except FROM_SDK:
        raw = buffer.take()
        parsed = form.parse(raw, _request_id(response))
        if not (parsed.images or parsed.linked):
            buffer.put_back(raw)
            raise
        yield replace(parsed, notes=(*parsed.notes, "The reply has no end."))
        return
    raw = buffer.take()
    events = _as_events(raw)
    if not events:
        yield form.parse(raw, _request_id(response))
        return
    buffer.restart()
    async with aclosing(_read_stream(_replay(events, response), request, buffer, form)) as stream:
        async for event in stream:
            yield event


def _as_events(raw: bytes) -> bytes:
    """The body as a stream of events, if it is one, or has a JSON object in each of its lines."""
    body = raw.lstrip()
    if body.startswith(EVENTS) and not body.startswith(DATA_URL):
        return body
    return b"".join(b"data: %s\n\n" % line for line in _json_lines(raw))


def _json_lines(raw: bytes) -> list[bytes]:
    """The lines, if there are several, and each looks like a JSON object; else none."""
    body = raw.strip()
    ends = [at for at in (body.find(b"\n"), body.find(b"\r")) if at >= 0]
    if not ends or not body[: min(ends)].rstrip().endswith(b"}"):
        return []  # nearly every reply, so that the lines of an image's bytes are not copied
    lines = [line for each in body.splitlines() if (line := each.strip())]
    is_each_an_object = all(line[:1] == b"{" and line[-1:] == b"}" for line in lines)
    return lines if len(lines) > 1 and is_each_an_object else []


def _replay(raw: bytes, response: httpx2.Response) -> httpx2.Response:
    """A response with the body that was read from this one, in pieces; other tasks run in between.

    Millions of lines in one piece would take gigabytes. There is no deadline: the body has arrived.
    """

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), PIECE_BYTES):
            yield raw[at : at + PIECE_BYTES]
            await asyncio.sleep(0)

    return httpx2.Response(
        200,
        headers=[(k, v) for k, v in response.headers.raw if k.lower() == b"x-request-id"],
        content=pieces(),
        request=response.request,
    )


async def _read_stream(
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer, form: ReplyFormat
) -> ReplyEvents:
    """Deliver the images that arrived, even if the stream breaks off after them."""
    images, broke_off = form.stream(request), False
    try:
        async with aclosing(_previews(response, buffer, images)) as previews:
            async for preview in previews:
                yield preview
    except (*FROM_SDK, TooLarge):
        broke_off = True
        if not images.has_ends:
            _keep_unused_preview(images, buffer)
            raise
    if images.has_ends:
        parsed = images.parse(_request_id(response), broke_off=broke_off)
    else:
        _keep_unused_preview(images, buffer)
        parsed = _without_events(buffer, request, _request_id(response), form)
    yield replace(parsed, undecodable=(*parsed.undecodable, *buffer.remainder()))


def _keep_unused_preview(images: EventImages, buffer: ReplyBuffer) -> None:
    if preview := images.take_unused_preview():
        buffer.keep_skipped(preview)


def _without_events(
    buffer: ReplyBuffer, request: ImageRequest, request_id: str | None, form: ReplyFormat
) -> ParsedReply:
    """The images of a JSON reply with a stream's content type; raise OutcomeUnknown without any."""
    stray, images = buffer.take_stray(), form.stream(request)
    for line in _json_lines(stray):
        with suppress(ValueError, RecursionError):
            images.add(parse_json(line))
    if images.has_ends:
        return images.parse(request_id, broke_off=False)
    parsed = form.parse(stray, request_id)
    if parsed.images or parsed.linked:
        return parsed
    buffer.put_back(stray)
    error = OutcomeUnknown("The stream ended before the image arrived.")
    error.raw_remainder = buffer.remainder()
    raise error


async def _previews(
    response: httpx2.Response, buffer: ReplyBuffer, images: EventImages
) -> AsyncGenerator[PartialImage | Accepted, None]:
    """Yield the previews, and put all other events into `images`.

    Returns once all images have arrived, however long the connection stays open after them.
    """
    arrived = 0
    async with aclosing(read_json_events(response, buffer)) as events:
        async for event in events:
            preview = images.add(event)
            del event  # or its image would stay in memory until the next one is generated
            if preview is not None or images.arrived > arrived:
                arrived = images.arrived
                buffer.restart()
            if preview is not None:
                yield preview
            if images.is_complete:
                return
            _limit_rest(response, images.patience)


def _limit_rest(response: httpx2.Response, seconds: float | None) -> None:
    """Move the deadline of the call forward, unless it is sooner."""
    deadline: float | None = response.extensions.get("deadline")
    if seconds is not None and deadline is not None:
        latest = asyncio.get_running_loop().time() + seconds
        response.extensions["deadline"] = min(deadline, latest)
