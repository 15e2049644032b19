"""Streams that fail, delayed replies, and clients that disconnect."""

import asyncio
from typing import Any

import openai
import pytest

from tests.standin import Fault, StandIn, faults

pytest_plugins = ["tests.standin.fixtures"]
FIELDS: dict[str, Any] = {"model": "gpt-image-2.6-flare", "prompt": "hi", "size": "1024x640"}


async def events(sdk: openai.AsyncOpenAI, partials: int = 3) -> list[Any]:
    options: dict[str, Any] = {"stream": True, "partial_images": partials, **FIELDS}
    return [event async for event in await sdk.images.generate(**options)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        (faults.stream_cut_after(2), openai.APIConnectionError),
        (faults.stream_error(2, code="moderation_blocked"), openai.APIError),
    ],
)
async def test_a_failing_stream_sends_its_partials_first(
    standin: StandIn, sdk: openai.AsyncOpenAI, fault: Fault, ending: type[openai.APIError]
) -> None:
    standin.script(fault)
    stream: Any = await sdk.images.generate(**FIELDS, stream=True, partial_images=3)
    for _ in range(2):
        assert (await anext(stream)).type == "image_generation.partial_image"
    with pytest.raises(ending) as caught:
        await anext(stream)
    assert caught.value.code in (None, "moderation_blocked")


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [faults.empty_data(), faults.no_body(), faults.html_page()])
async def test_a_stream_may_end_cleanly_without_a_final_image(
    standin: StandIn, sdk: openai.AsyncOpenAI, fault: Fault
) -> None:
    standin.script(fault)
    assert all(event.type == "image_generation.partial_image" for event in await events(sdk))
    assert len(standin.ledger) == 1


@pytest.mark.anyio
async def test_a_delay_is_spread_over_the_partials(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    standin.script(faults.slow(0.2))
    clock = asyncio.get_running_loop().time
    start = clock()
    options: dict[str, Any] = {**FIELDS, "stream": True, "partial_images": 1}
    times = [clock() - start async for _ in await sdk.images.generate(**options)]
    assert times[0] >= 0.1
    assert times[1] >= 0.2


@pytest.mark.anyio
async def test_a_client_that_hangs_up_on_a_hanging_reply_is_recorded_and_charged(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    standin.script(faults.hang())
    request = asyncio.create_task(sdk.images.generate(**FIELDS))
    await asyncio.to_thread(standin.wait_for_calls, 1)
    assert len(standin.ledger) == 1
    request.cancel()
    await asyncio.to_thread(standin.wait_for_hang_ups, 1)
    assert (standin.posts[0].hung_up, standin.posts[0].status) == (True, None)
    with pytest.raises(TimeoutError, match="1 begun"):
        standin.wait_for_calls(2, timeout=0.01)


@pytest.mark.anyio
async def test_closing_ends_hanging_replies_and_records_no_hang_up() -> None:
    with StandIn(default=faults.hang()) as standin:
        client = openai.AsyncOpenAI(api_key="sk-test", base_url=standin.base_url, max_retries=0)
        request = asyncio.create_task(client.images.generate(**FIELDS))
        await asyncio.to_thread(standin.wait_for_calls, 1)
    with pytest.raises(openai.APIConnectionError):
        await request
    await client.close()
    assert standin.posts[0].hung_up is False
