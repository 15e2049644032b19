"""Calls of the provider `openai-responses` inside Redaction."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from adapters.openai.connection import Connection
from adapters.openai.responses.background import Pace
from adapters.openai.responses.prices import responses_catalog
from adapters.openai.responses.provider import OpenAIResponses
from application.ports.image_provider import Delivered, ProviderStream, StreamEvent
from application.safeguards.redaction import Redaction
from domain.models import ModelCard
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from tests.conftest import KEY
from tests.testkit.fakes import job_for

MODEL = "gpt-image-2.6-flare"
MAINLINE = "gpt-6-luna"
FAST = Pace(first=0.01, most=0.03)


def card_of(model: str = MODEL, mainline: str = MAINLINE) -> ModelCard:
    """The card of an image model as the image tool serves it."""
    card = responses_catalog(mainline).find(model)
    assert card is not None
    return card


@asynccontextmanager
async def provider_at(
    base_url: str,
    *,
    mainline: str = MAINLINE,
    store: bool = True,
    in_background: bool | None = None,
    seconds: float = 5,
    deadline: float = 30,
) -> AsyncIterator[OpenAIResponses]:
    """The provider for this endpoint."""
    connection = Connection(api_key=KEY, base_url=base_url, timeout=seconds, deadline=deadline)
    try:
        yield OpenAIResponses(
            connection, mainline=mainline, store=store, background=in_background, pace=FAST
        )
    finally:
        await connection.close()


@asynccontextmanager
async def response_stream(
    base_url: str,
    request: ImageRequest | None = None,
    *,
    card: ModelCard | None = None,
    mainline: str = MAINLINE,
    store: bool = True,
    in_background: bool | None = None,
    seconds: float = 5,
    deadline: float = 30,
    **fields: Any,  # noqa: ANN401 - fields of GenerateRequest
) -> AsyncIterator[ProviderStream]:
    """The events of a call with this request, or with one to generate with these fields."""
    request = request or GenerateRequest(**{"prompt": "a red bridge", "model": MODEL, **fields})
    job = job_for(request, card=card or card_of(mainline=mainline))
    made = provider_at(
        base_url,
        mainline=mainline,
        store=store,
        in_background=in_background,
        seconds=seconds,
        deadline=deadline,
    )
    async with made as provider:
        guarded = Redaction(provider, [KEY])
        events = guarded.edit(job) if isinstance(request, EditRequest) else guarded.generate(job)
        async with aclosing(events) as stream:
            yield stream


async def response_events(base_url: str, *given: ImageRequest, **fields: Any) -> list[StreamEvent]:  # noqa: ANN401 - of `response_stream`
    """All events."""
    async with response_stream(base_url, *given, **fields) as events:
        return [event async for event in events]


async def delivered(base_url: str, *given: ImageRequest, **fields: Any) -> Delivered:  # noqa: ANN401 - of `response_stream`
    """The last event."""
    last = (await response_events(base_url, *given, **fields))[-1]
    assert isinstance(last, Delivered)
    return last
