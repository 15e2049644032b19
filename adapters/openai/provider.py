"""The OpenAI provider: calls the Images API through the official SDK."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from itertools import count
from typing import Any

import httpx2
from openai import APIError, AsyncOpenAI

from adapters.openai.bounded_http_client import HttpClient, read_chunks
from adapters.openai.catalog import openai_catalog
from adapters.openai.endpoint import Endpoint, base_url_of
from adapters.openai.errors import can_be_sent, missing_client_error, to_provider_error
from adapters.openai.network import Network, network_for
from adapters.openai.reply_buffer import MAX_REPLY_BYTES, ReplyBuffer, TooLarge
from adapters.openai.sse_reader import BYTE_ORDER_MARK, read_json_events
from adapters.openai.translate import (
    Parameters,
    edit_parameters,
    generate_parameters,
    get_field,
    parse_completed_events,
    parse_partial,
    parse_reply,
    text_or_empty,
)
from application.ports.image_provider import Delivered, ProviderStream
from domain.jobs import Job
from domain.models import Catalog
from domain.provider_errors import (
    BadProviderReply,
    InvalidSettings,
    OutcomeUnknown,
    ProviderError,
)
from domain.requests import EditRequest, GenerateRequest, ImageRequest

CONNECT_SECONDS = 10.0
REPLY_TOO_LARGE = f"OpenAI's reply has more than {MAX_REPLY_BYTES:,} bytes, too many for images."
FROM_SDK = (APIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError)
"""What the SDK raises; the last two for a request or a stream event that is not valid text."""

PIECE_BYTES = 1 << 16
EVENTS = (b"data:", b"event:", b":", BYTE_ORDER_MARK + b"data:", BYTE_ORDER_MARK + b"event:")
"""The beginnings of a stream of events, whatever its content type is."""

Call = Callable[..., AbstractAsyncContextManager[Any]]


class OpenAIImages:
    """The provider `openai`: any endpoint with OpenAI's Images API.

    `timeout` is in seconds, for each wait for bytes; an image can take two minutes. `deadline` is
    in seconds, for the whole call: after it, ProviderTimedOut is raised unless images have arrived.
    Every call raises NoCredentials without a key, CredentialsRejected with one that no header
    can carry, and InvalidSettings if the environment names a proxy or certificates that cannot be
    used. Texts and data are passed on as received: the Redaction safeguard cleans them.
    """

    name = "openai"

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str,
        timeout: float,
        deadline: float,
        organization: str | None = None,
        project: str | None = None,
        default_model: str | None = None,
    ) -> None:
        base_url = base_url_of(base_url)
        self.endpoint = base_url
        self._called = Endpoint(base_url)
        self.catalog = _with_default(openai_catalog(), default_model)
        self._key, organization, project = map(_strip, (api_key, organization, project))
        self._network, self._fault = _network(base_url)
        usable = self._key and all(map(can_be_sent, (self._key, organization, project)))
        self._client = (
            AsyncOpenAI(
                api_key=self._key,
                base_url=base_url,
                organization=organization,
                project=project,
                timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                max_retries=0,
                http_client=HttpClient(deadline=deadline, network=self._network),
            )
            if usable and self._network
            else None
        )
        if self._client is not None:
            # Loads what the first call would otherwise wait for.
            _ = self._client.images.with_streaming_response

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call("generate", job, generate_parameters(job.request))

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call("edit", job, edit_parameters(job.request))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    def _client_error(self) -> ProviderError:
        if self._key and self._fault:
            return InvalidSettings(self._fault.message, hint=self._fault.hint)
        return missing_client_error(self._key, self._called)

    async def _call(
        self, action: str, job: Job[ImageRequest], parameters: Parameters
    ) -> ProviderStream:
        if self._client is None:
            raise self._client_error()
        call: Call = getattr(self._client.images.with_streaming_response, action)
        buffer, answered = ReplyBuffer(), False
        try:
            async with call(**parameters) as reply:
                answered = True
                streams = parameters.get("stream") and _is_stream(reply.http_response)
                read = _read_stream if streams else _read_json
                async with aclosing(read(reply.http_response, job.request, buffer)) as events:
                    async for event in events:
                        yield event
        except TooLarge as error:
            raise BadProviderReply(REPLY_TOO_LARGE, raw_remainder=buffer.remainder()) from error
        except FROM_SDK as error:
            provider_error = to_provider_error(error, job.card, self._called, answered=answered)
            if self._network and not answered:
                provider_error = self._network.explain(provider_error, error)
            provider_error.raw_remainder = buffer.remainder()
            raise provider_error from error


def _network(base_url: str) -> tuple[Network | None, InvalidSettings | None]:
    """The way to the endpoint, or why there is none."""
    try:
        return network_for(base_url), None
    except InvalidSettings as error:
        return None, error


def _request_id(response: httpx2.Response) -> str | None:
    return response.headers.get("x-request-id") or None


def _is_stream(response: httpx2.Response) -> bool:
    """Whether the reply is a stream; some endpoints and gateways ignore `stream`."""
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith("text/event-stream")


async def _read_json(
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer
) -> ProviderStream:
    """Deliver the images of a complete JSON reply, even if the connection breaks after it."""
    try:
        async with aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                buffer.feed(chunk)
    except FROM_SDK:
        raw = buffer.take()
        delivered = parse_reply(raw, _request_id(response))
        if not delivered.images:
            buffer.put_back(raw)
            raise
        yield replace(delivered, notes=(*delivered.notes, "The reply has no end."))
        return
    raw = buffer.take()
    if not raw.startswith(EVENTS):
        yield parse_reply(raw, _request_id(response))
        return
    buffer.restart()
    async with aclosing(_read_stream(_replay(raw, response), request, buffer)) as stream:
        async for event in stream:
            yield event


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
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer
) -> ProviderStream:
    """Deliver the images that arrived, even if the stream breaks off after them."""
    completed: list[object] = []
    notes: tuple[str, ...] = ()
    try:
        async with aclosing(_previews(response, request, buffer, completed)) as previews:
            async for preview in previews:
                yield preview
    except (*FROM_SDK, TooLarge):
        if not completed:
            raise
        notes = _truncated_note(len(completed), request.n)
    if completed:
        delivered = parse_completed_events(completed, _request_id(response), notes)
        completed.clear()  # or their base64 text would stay in memory until the images are on disk
    else:
        delivered = _without_events(buffer, _request_id(response))
    yield replace(delivered, undecodable=(*delivered.undecodable, *buffer.remainder()))


def _without_events(buffer: ReplyBuffer, request_id: str | None) -> Delivered:
    """The images of a JSON reply with a stream's content type; raise OutcomeUnknown without any."""
    stray = buffer.take_stray()
    delivered = parse_reply(stray, request_id)
    if delivered.images:
        return delivered
    buffer.put_back(stray)
    error = OutcomeUnknown("OpenAI's stream ended before the image arrived.")
    error.raw_remainder = buffer.remainder()
    raise error


async def _previews(
    response: httpx2.Response, request: ImageRequest, buffer: ReplyBuffer, completed: list[object]
) -> ProviderStream:
    """Yield the previews, and put the last event of each image into `completed`.

    Returns once all images have arrived, however long the connection stays open after them.
    Previews beyond the number that the request allows are dropped.
    """
    numbers = count()
    async with aclosing(read_json_events(response, buffer)) as events:
        async for event in events:
            kind = text_or_empty(get_field(event, "type"))
            if kind.endswith(".partial_image"):
                preview = parse_partial(event, next(numbers), request)
                if preview is not None:
                    buffer.restart()
                    yield preview
            elif kind.endswith(".completed"):
                buffer.restart()
                completed.append(event)
            del event  # or its image would stay in memory until the next one is generated
            if len(completed) == request.n:
                return


def _truncated_note(arrived: int, expected: int) -> tuple[str, ...]:
    if arrived == expected:
        return ()
    return (f"The stream broke off after {arrived} of {expected} images.",)


def _strip(text: str | None) -> str | None:
    """The text without the whitespace that files and shells leave around a secret."""
    return text.strip() if text else text


def _with_default(catalog: Catalog, model: str | None) -> Catalog:
    return replace(catalog, default=model) if model else catalog
