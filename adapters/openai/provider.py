"""Talks to OpenAI's Images API through its official SDK."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from itertools import count
from typing import Any

import httpx2
from openai import APIError, AsyncOpenAI

from adapters.openai.bounded_http_client import HttpClient, read_chunks
from adapters.openai.catalog import openai_catalog
from adapters.openai.errors import can_be_sent, missing_client_error, translated
from adapters.openai.reply_buffer import MAX_REPLY_BYTES, ReplyBuffer, TooLarge
from adapters.openai.sse_reader import read_json_events
from adapters.openai.translate import (
    Parameters,
    completed,
    delivered,
    edit_parameters,
    field,
    generate_parameters,
    partial,
    text_of,
)
from application.ports.image_provider import ProviderStream
from domain.jobs import Job
from domain.models import Catalog
from domain.provider_errors import BadProviderReply, OutcomeUnknown
from domain.requests import EditRequest, GenerateRequest, ImageRequest

CONNECT_SECONDS = 10.0
REPLY_TOO_LARGE = f"OpenAI's reply has more than {MAX_REPLY_BYTES:,} bytes, which no pictures have."
FROM_SDK = (APIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError)
"""What the SDK raises; the last two where a request or an event of a stream is no proper text."""

Call = Callable[..., AbstractAsyncContextManager[Any]]


class OpenAIImages:
    """The provider `openai`: any endpoint that speaks OpenAI's Images API.

    `timeout` is in seconds, for each wait for bytes; an image can take two minutes. Without a
    key every call raises NoCredentials, and CredentialsRejected with one that no header can carry.
    """

    name = "openai"

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str,
        timeout: float,
        organization: str | None = None,
        project: str | None = None,
        default_model: str | None = None,
    ) -> None:
        self.endpoint = base_url
        self.catalog = _with_default(openai_catalog(), default_model)
        self._key, organization, project = map(_trimmed, (api_key, organization, project))
        fit = self._key and all(map(can_be_sent, (self._key, organization, project)))
        self._client = (
            AsyncOpenAI(
                api_key=self._key,
                base_url=base_url,
                organization=organization,
                project=project,
                timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                max_retries=0,
                http_client=HttpClient(),
            )
            if fit
            else None
        )
        if self._client is not None:
            # Loads what the first call would wait for.
            _ = self._client.images.with_streaming_response

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call("generate", job, generate_parameters(job.request))

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call("edit", job, edit_parameters(job.request))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _call(
        self, action: str, job: Job[ImageRequest], parameters: Parameters
    ) -> ProviderStream:
        if self._client is None:
            raise missing_client_error(self._key)
        call: Call = getattr(self._client.images.with_streaming_response, action)
        come = ReplyBuffer()
        try:
            async with call(**parameters) as answer:
                streams = parameters.get("stream") and _is_stream(answer.http_response)
                painting = _read_stream if streams else _read_json
                async with aclosing(painting(answer, job.request.n, come)) as events:
                    async for event in events:
                        yield event
        except TooLarge as error:
            raise BadProviderReply(REPLY_TOO_LARGE, raw_remainder=come.remainder()) from error
        except FROM_SDK as error:
            ours = translated(error, job.card, self._key)
            ours.raw_remainder = come.remainder()
            raise ours from error


def _is_stream(response: httpx2.Response) -> bool:
    """Whether it is one; endpoints and gateways exist that answer `stream` with a whole body."""
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith("text/event-stream")


async def _read_json(answer: Any, _: int, come: ReplyBuffer) -> ProviderStream:  # noqa: ANN401 - the SDK's response
    async with aclosing(read_chunks(answer.http_response)) as chunks:
        async for chunk in chunks:
            come.feed(chunk)
    yield delivered(come.take(), answer.request_id)


async def _read_stream(answer: Any, wanted: int, come: ReplyBuffer) -> ProviderStream:  # noqa: ANN401 - the SDK's response
    """What breaks off the stream takes away no picture that arrived before."""
    ended: list[object] = []
    notes: tuple[str, ...] = ()
    try:
        async with aclosing(_previews(answer.http_response, wanted, come, ended)) as previews:
            async for preview in previews:
                yield preview
    except (*FROM_SDK, TooLarge):
        if not ended:
            raise
        notes = _truncated_note(len(ended), wanted)
    if not ended:
        raise OutcomeUnknown("OpenAI's stream ended before the picture was there.")
    came = completed(ended, answer.request_id, notes)
    ended.clear()  # or the texts of its pictures would be held until they are on disk
    yield replace(came, undecodable=(*came.undecodable, *come.remainder()))


async def _previews(
    response: httpx2.Response, wanted: int, come: ReplyBuffer, ended: list[object]
) -> ProviderStream:
    """Put the last events into `ended`, until those of `wanted` pictures are there.

    However long the line stays open after them.
    """
    numbers = count()
    async with aclosing(read_json_events(response, come)) as events:
        async for event in events:
            kind = text_of(field(event, "type"))
            if kind.endswith(".partial_image"):
                preview = partial(event, next(numbers))
                if preview is not None:
                    yield preview
            elif kind.endswith(".completed"):
                ended.append(event)
            del event  # or its picture would be held until the next one is painted
            if len(ended) == wanted:
                return


def _truncated_note(came: int, wanted: int) -> tuple[str, ...]:
    if came == wanted:
        return ()
    return (f"OpenAI's stream broke off after {came} of {wanted} pictures.",)


def _trimmed(text: str | None) -> str | None:
    """Without the blanks and line ends that files and shells leave around a secret."""
    return text.strip() if text else text


def _with_default(catalog: Catalog, model: str | None) -> Catalog:
    return replace(catalog, default=model) if model else catalog
