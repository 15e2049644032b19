"""Calls of the provider `gemini` inside Redaction."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from adapters.gemini.gemini_catalog import gemini_catalog
from adapters.gemini.gemini_connection import GeminiConnection
from adapters.gemini.provider import GeminiImages, StoredGeminiImages
from application.ports.image_provider import Accepted, Delivered, StreamEvent
from application.safeguards.redaction import Redaction
from domain.models import ModelCard
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from tests.testkit.fakes import job_for

GEMINI_KEY = "AIza-canary-7f2e90c1d4"
"""The key of every test; it must never appear in any output."""
MODEL = "gemini-nano-banana-2.1"


def card_of(model: str = MODEL) -> ModelCard:
    """The card of a model; one that allows all for a model without a card."""
    return gemini_catalog().find(model) or ModelCard(name=model, is_known=False)


@asynccontextmanager
async def gemini_at(
    base_url: str,
    *,
    key: str | None = GEMINI_KEY,
    store: bool = True,
    seconds: float = 5,
    deadline: float = 30,
) -> AsyncIterator[GeminiImages]:
    """The provider for this endpoint, which asks every few milliseconds."""
    connection = GeminiConnection(
        api_key=key, base_url=base_url, timeout=seconds, deadline=deadline
    )
    provider = StoredGeminiImages(connection) if store else GeminiImages(connection)
    if isinstance(provider, StoredGeminiImages):
        provider.first_wait = 0.005
    try:
        yield provider
    finally:
        await provider.close()


async def gemini_events(
    base_url: str,
    request: ImageRequest | None = None,
    *,
    card: ModelCard | None = None,
    events: list[StreamEvent] | None = None,
    options: dict[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401 - fields of GenerateRequest
) -> list[StreamEvent]:
    """All events of a call with this request, or with one to generate with these fields.

    `options` are those of `gemini_at`; `events` gets the events even if the call fails.
    """
    request = request or GenerateRequest(**{"prompt": "a red bridge", "model": MODEL, **fields})
    events = [] if events is None else events
    job = job_for(request, card=card or card_of(request.model or MODEL))
    async with gemini_at(base_url, **(options or {})) as provider:
        guarded = Redaction(provider, [GEMINI_KEY])
        stream = guarded.edit(job) if isinstance(request, EditRequest) else guarded.generate(job)
        async with aclosing(stream) as opened:
            async for event in opened:
                events.append(event)
    return events


async def gemini_delivered(base_url: str, *given: ImageRequest, **fields: Any) -> Delivered:  # noqa: ANN401 - of `gemini_events`
    """The last event."""
    last = (await gemini_events(base_url, *given, **fields))[-1]
    assert isinstance(last, Delivered)
    return last


def handle_in(events: list[StreamEvent]) -> str:
    """The name of the work."""
    first = events[0]
    assert isinstance(first, Accepted)
    return first.handle
