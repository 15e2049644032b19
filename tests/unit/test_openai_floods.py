"""However much an endpoint sends, it takes a bounded part of the memory, and its status counts."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import httpx2
import pytest

from adapters.openai import bounded_http_client
from adapters.openai.bounded_http_client import read_chunks
from adapters.openai.reply_buffer import KEPT_BYTES
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    RateLimited,
)
from tests.standin import Fault, StandIn, body_faults, faults
from tests.unit.openai_help import asked

pytestmark = pytest.mark.anyio
MOST = 300_000_000
FLOODS = [body_faults.endless, body_faults.gzip_bomb]


@pytest.fixture
def _memory_is_bounded() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("_memory_is_bounded")
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("previews", [0, 1])
async def test_a_reply_larger_than_any_picture_is_a_bad_one(
    openai_api: StandIn, flood: Callable[..., Fault], previews: int
) -> None:
    openai_api.script(flood())
    with pytest.raises(BadProviderReply, match="128,000,000 bytes") as bad:
        await asked(openai_api.base_url, patience=20, partial_images=previews)
    (kept,) = bad.value.raw_remainder
    assert kept.strip() == b"data:"
    assert len(kept) == KEPT_BYTES
    assert len(openai_api.posts) == 1


class OnePiece(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"".join(body_faults.gzip_bomb(20).body)


async def test_others_have_turns_while_a_bomb_is_unpacked() -> None:
    response = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=OnePiece())
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    going_on = asyncio.create_task(others())
    with suppress(httpx2.DecodingError):  # the checksum at its end
        async for piece in read_chunks(response):
            assert len(piece) <= 2**20
    going_on.cancel()
    assert turns > 15


@pytest.mark.usefixtures("_memory_is_bounded")
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize(
    ("status", "error"), [(401, CredentialsRejected), (429, RateLimited), (500, ProviderFailed)]
)
async def test_a_refusal_is_read_no_further_than_a_refusal_goes(
    openai_api: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    flood: Callable[..., Fault],
    status: int,
    error: type[ProviderError],
) -> None:
    monkeypatch.setattr(bounded_http_client, "MAX_REFUSAL_BYTES", 100_000)
    openai_api.script(flood(code=status))
    with pytest.raises(error) as raised:
        await asked(openai_api.base_url, patience=20)
    assert raised.value.request_id == "req_standin_1"


@pytest.mark.parametrize("fault", [faults.reply_cut(0.5), faults.reply_cut(0.99)])
async def test_a_reply_that_was_cut_remains_as_far_as_it_came(
    openai_api: StandIn, fault: Fault
) -> None:
    openai_api.script(fault)
    with pytest.raises(OutcomeUnknown) as broken:
        await asked(openai_api.base_url)
    (kept,) = broken.value.raw_remainder
    assert kept.startswith(b'{"created":')
    assert len(kept) > 10_000


async def test_a_refusal_that_was_cut_is_still_one(openai_api: StandIn) -> None:
    openai_api.script(replace(faults.rate_limited("700"), ending="cut", at=0.5))
    with pytest.raises(RateLimited) as refused:
        await asked(openai_api.base_url)
    assert refused.value.retry_after == 700


async def test_a_503_that_asks_to_be_asked_again_is_not(openai_api: StandIn) -> None:
    openai_api.script(faults.status(503, headers={"x-should-retry": "true", "Retry-After": "0"}))
    with pytest.raises(ProviderFailed):
        await asked(openai_api.base_url)
    assert len(openai_api.posts) == 1
