"""The stand-in is as strict about responses in the background as the real API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI

from tests.conftest import KEY
from tests.standin import StandIn, faults

pytestmark = pytest.mark.anyio
REQUEST: dict[str, Any] = {
    "model": "gpt-6-luna",
    "input": "a hill",
    "tools": [{"type": "image_generation", "model": "gpt-image-2.6-flare"}],
    "background": True,
}


@pytest.fixture
async def client(openai_api: StandIn) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=KEY, base_url=openai_api.base_url, max_retries=0) as client:
        yield client


async def test_the_background_needs_storing(client: AsyncOpenAI, openai_api: StandIn) -> None:
    with pytest.raises(APIStatusError, match="requires 'store'"):
        await client.responses.create(**REQUEST, store=False)
    assert openai_api.ledger == []


async def test_a_response_is_queued_then_generated_then_completed(
    client: AsyncOpenAI, openai_api: StandIn
) -> None:
    openai_api.default = faults.slow(0.5)
    made = await client.responses.create(**REQUEST)
    seen = [made.status]
    while seen[-1] != "completed":
        found = await client.responses.retrieve(made.id)
        seen += [found.status] if found.status != seen[-1] else []
    assert seen == ["queued", "in_progress", "completed"]
    assert len(openai_api.ledger) == 1


async def test_a_response_is_canceled_once_and_for_all(
    client: AsyncOpenAI, openai_api: StandIn
) -> None:
    openai_api.default = faults.slow(60)
    made = await client.responses.create(**REQUEST)
    for _ in range(2):
        assert (await client.responses.cancel(made.id)).status == "cancelled"
    assert (await client.responses.retrieve(made.id)).status == "cancelled"


async def test_only_a_streamed_response_can_be_streamed_again(
    client: AsyncOpenAI, openai_api: StandIn
) -> None:
    made = await client.responses.create(**REQUEST)
    with pytest.raises(APIStatusError, match="not created with 'stream'"):
        await client.responses.retrieve(made.id, stream=True)
    streamed = await client.responses.create(**REQUEST, stream=True)
    numbers = [event.sequence_number async for event in streamed]
    later = await client.responses.retrieve("resp_standin_3", stream=True, starting_after=4)
    assert [event.sequence_number async for event in later] == numbers[5:]


async def test_a_response_that_was_dropped_is_not_found(
    client: AsyncOpenAI, openai_api: StandIn
) -> None:
    made = await client.responses.create(**REQUEST)
    openai_api.forget_responses()
    for name in (made.id, "resp_never"):
        with pytest.raises(APIStatusError, match="not found") as raised:
            await client.responses.retrieve(name)
        assert raised.value.status_code == 404
