"""A reply of any size takes a bounded amount of memory, and its status counts."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import httpx2
import pytest

from adapters.openai.network import bounded_http_client
from adapters.openai.network.bounded_http_client import read_chunks
from adapters.openai.replies.reply_buffer import KEPT_BYTES
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    RateLimited,
)
from tests.standin import Fault, StandIn, body_faults, faults
from tests.unit.openai_help import generate_events

pytestmark = pytest.mark.anyio
MAX_MEMORY = 300_000_000
FLOODS = [body_faults.endless, body_faults.gzip_bomb]


@pytest.fixture
def _memory_is_bounded() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MAX_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("_memory_is_bounded")
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("previews", [0, 1])
async def test_a_reply_larger_than_any_image_is_a_bad_reply(
    openai_api: StandIn, flood: Callable[..., Fault], previews: int
) -> None:
    openai_api.script(flood())
    with pytest.raises(BadProviderReply, match="128,000,000 bytes") as bad:
        await generate_events(openai_api.base_url, seconds=20, partial_images=previews)
    (kept,) = bad.value.raw_remainder
    assert kept.strip() == b"data:"
    assert len(kept) == KEPT_BYTES
    assert len(openai_api.posts) == 1


class OnePiece(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"".join(body_faults.gzip_bomb(20).body)


async def test_other_tasks_run_while_a_bomb_is_decompressed() -> None:
    response = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=OnePiece())
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    with suppress(httpx2.DecodingError):  # the checksum at its end
        async for piece in read_chunks(response):
            assert len(piece) <= 2**20
    counting.cancel()
    assert turns > 15


@pytest.mark.usefixtures("_memory_is_bounded")
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize(
    ("status", "error"), [(401, CredentialsRejected), (429, RateLimited), (500, ProviderFailed)]
)
async def test_only_the_beginning_of_an_error_reply_is_read(
    openai_api: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    flood: Callable[..., Fault],
    status: int,
    error: type[ProviderError],
) -> None:
    monkeypatch.setattr(bounded_http_client, "MAX_REFUSAL_BYTES", 100_000)
    openai_api.script(flood(code=status))
    with pytest.raises(error) as raised:
        await generate_events(openai_api.base_url, seconds=20)
    assert raised.value.request_id == "req_standin_1"


@pytest.mark.parametrize("fault", [faults.reply_cut(0.5), faults.reply_cut(0.99)])
async def test_the_beginning_of_a_truncated_reply_is_kept(
    openai_api: StandIn, fault: Fault
) -> None:
    openai_api.script(fault)
    with pytest.raises(OutcomeUnknown) as broken:
        await generate_events(openai_api.base_url)
    (kept,) = broken.value.raw_remainder
    assert kept.startswith(b'{"created":')
    assert len(kept) > 10_000


async def test_a_truncated_error_reply_keeps_its_status(openai_api: StandIn) -> None:
    openai_api.script(replace(faults.rate_limited("700"), ending="cut", at=0.5))
    with pytest.raises(RateLimited) as refused:
        await generate_events(openai_api.base_url)
    assert refused.value.retry_after == 700


async def test_a_503_is_not_retried_despite_its_headers(openai_api: StandIn) -> None:
    openai_api.script(faults.status(503, headers={"x-should-retry": "true", "Retry-After": "0"}))
    with pytest.raises(ProviderFailed):
        await generate_events(openai_api.base_url)
    assert len(openai_api.posts) == 1
