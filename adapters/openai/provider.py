"""Talks to OpenAI's Images API through its official SDK."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from json import JSONDecodeError
from typing import Any

import httpx2
from openai import APIError, AsyncOpenAI
from openai.types import ImagesResponse

from adapters.openai.catalog import openai_catalog
from adapters.openai.errors import no_credentials, translated
from adapters.openai.translate import (
    Parameters,
    completed,
    delivered,
    edit_parameters,
    generate_parameters,
    partial,
)
from application.ports.image_provider import Delivered, Painting
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import OutcomeUnknown
from domain.requests import EditRequest, GenerateRequest

CONNECT_SECONDS = 10.0
FROM_SDK = (APIError, httpx2.HTTPError, httpx2.InvalidURL, JSONDecodeError)
Call = Callable[..., Awaitable[Any]]


class OpenAIImages:
    """The provider `openai`: any endpoint that speaks OpenAI's Images API.

    `timeout` is in seconds, for each wait for bytes; an image can take two minutes. Without a
    key every call raises NoCredentials.
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
        self._client = (
            AsyncOpenAI(
                api_key=api_key,
                base_url=base_url,
                organization=organization,
                project=project,
                timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                max_retries=0,
            )
            if api_key
            else None
        )
        if self._client is not None:
            _ = self._client.images.with_raw_response  # loads what the first call would wait for

    def generate(self, job: Job[GenerateRequest], /) -> Painting:
        return self._painting("generate", generate_parameters(job.request), job.card)

    def edit(self, job: Job[EditRequest], /) -> Painting:
        return self._painting("edit", edit_parameters(job.request), job.card)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _painting(self, action: str, parameters: Parameters, card: ModelCard) -> Painting:
        if self._client is None:
            raise no_credentials()
        images = self._client.images
        events = (
            _streamed(getattr(images, action), parameters)
            if parameters.get("stream")
            else _in_one_piece(getattr(images.with_raw_response, action), parameters)
        )
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        except FROM_SDK as error:
            raise translated(error, card) from error


async def _in_one_piece(call: Call, parameters: Parameters) -> Painting:
    answer = await call(**parameters)
    raw: bytes = answer.http_response.content
    try:
        reply = answer.parse()
    except JSONDecodeError:
        reply = None
    if isinstance(reply, ImagesResponse):
        yield delivered(reply, raw, answer.request_id)
    else:
        yield Delivered(pictures=(), rubbish=(raw,), request_id=answer.request_id)


async def _streamed(call: Call, parameters: Parameters) -> Painting:
    ended = []
    async with await call(**parameters) as stream:
        request_id = stream.response.headers.get("x-request-id")
        async for event in stream:
            if event.type.endswith(".partial_image"):
                preview = partial(event.b64_json, event.partial_image_index)
                if preview is not None:
                    yield preview
            elif event.type.endswith(".completed"):
                ended.append(event)
    if not ended:
        raise OutcomeUnknown("OpenAI's stream ended before the picture was there.")
    yield completed(ended, request_id)


def _with_default(catalog: Catalog, model: str | None) -> Catalog:
    return replace(catalog, default=model) if model else catalog
