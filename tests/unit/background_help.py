"""Calls of the provider `openai-responses` in the background."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from adapters.openai.replies.token_counts import parse_mainline_usage
from adapters.openai.responses.provider import OpenAIResponses
from application.ports.image_provider import Delivered, ProviderStream, StreamEvent
from domain.jobs import Job
from domain.requests import GenerateRequest
from tests.standin import StandIn, faults
from tests.testkit.fakes import job_for
from tests.unit.responses_help import MODEL, card_of, provider_at

NOWHERE = "http://127.0.0.1:1"
BOTH_WAYS = pytest.mark.parametrize("partials", [0, 2], ids=["polled", "streamed"])


@pytest.fixture
async def provider(openai_api: StandIn) -> AsyncIterator[OpenAIResponses]:
    openai_api.default = faults.slow(0.2)
    async with provider_at(openai_api.base_url, in_background=True) as made:
        yield made


def job(partials: int = 0) -> Job[GenerateRequest]:
    request = GenerateRequest(prompt="a red bridge", model=MODEL, partial_images=partials)
    return job_for(request, card=card_of())


async def read(stream: ProviderStream) -> list[StreamEvent]:
    async with aclosing(stream) as events:
        return [event async for event in events]


def gets(api: StandIn) -> int:
    """How often the response was read."""
    return sum(call.method == "GET" for call in api.calls)


def check_image(api: StandIn, events: list[StreamEvent]) -> None:
    """The last event has the image of the one charge, at a known cost."""
    last = events[-1]
    assert isinstance(last, Delivered)
    (charge,) = api.ledger
    assert tuple(made.image.digest for made in last.images) == charge.digests
    assert last.usage is not None
    assert last.usage.mainline == parse_mainline_usage(charge.mainline)
    assert last.usage.tokens_out == charge.usage["output_tokens"]
    assert last.continuation == "resp_standin_1"
