"""A request is checked, then served by a shared job, a new job or the cache."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.job_events.memory import MemoryJobEvents
from adapters.openai.catalog import openai_catalog
from application.image_library import ImageLibrary
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_runner import JobRunner
from application.jobs.job_service import JobService
from application.jobs.stored_results import StoredResults
from application.provider_registry import ProviderRegistry
from application.result_cache import ResultCache
from application.safeguards.archiving import Archiving
from application.use_cases.generate_image import GenerateImage
from domain.errors import UnsupportedByModel
from domain.events import CacheFailed, Finished, JobDispatched, JobJoined, JobStarted
from domain.models import Catalog, ModelCard
from domain.money.prices import TokenPricing
from domain.provider_errors import RateLimited
from domain.requests import GenerateRequest, Quality
from domain.results import ImageResult, Usage
from tests.testkit.fakes import (
    DictCache,
    FakeProvider,
    FrozenClock,
    MemoryImageStore,
    MemoryJobRepository,
    RecordingSink,
    generate_image,
    no_day_budget,
    renditions,
    small_image,
)

pytestmark = pytest.mark.anyio
REQUEST = GenerateRequest(prompt="a red bridge")


def use_case(
    provider: FakeProvider,
    clock: FrozenClock | None = None,
    cache: DictCache | None = None,
    sink: RecordingSink | None = None,
) -> GenerateImage:
    library = ImageLibrary(MemoryImageStore(), MemoryJobRepository())
    guarded = Archiving(provider, library.images, library.records)
    jobs = JobRunner(MemoryJobEvents(), sink or RecordingSink())
    memory = ResultCache(cache or DictCache(), library)
    again = IdempotentJobs(jobs, library.records, StoredResults(library))
    clock = clock or FrozenClock()
    service = JobService(
        ProviderRegistry(guarded), memory, renditions(), jobs, again, no_day_budget(), clock
    )
    return generate_image(service, library)


async def test_equal_concurrent_requests_share_one_call() -> None:
    gate, sink = asyncio.Event(), RecordingSink()
    provider = FakeProvider(meanwhile=gate.wait)
    generate = use_case(provider, sink=sink)
    first, second = await generate(REQUEST), await generate(REQUEST)
    gate.set()
    assert first.job is second.job
    one, other = await first.result(), await second.result()
    assert one.images == other.images
    assert (one.served_from, other.served_from) == ("provider", "joined")
    assert len(provider.seen) == 1
    assert [event for event in sink.events if isinstance(event, JobJoined)] == [
        JobJoined.of(first.job)
    ]


@pytest.mark.parametrize("another", ["owner", "fresh"])
async def test_another_owner_or_a_fresh_request_gets_a_call_of_its_own(another: str) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    generate = use_case(provider)
    first = await generate(REQUEST)
    second = (
        await generate(REQUEST, owner="another")
        if another == "owner"
        else await generate(REQUEST, fresh=True)
    )
    gate.set()
    await asyncio.gather(first.result(), second.result())
    assert len(provider.seen) == 2


async def request_twice(
    provider: FakeProvider, cache: DictCache, *, fresh: bool = False
) -> ImageResult:
    """Send the same request twice, one after the other; return the second result."""
    generate = use_case(provider, cache=cache)
    await (await generate(REQUEST)).result()
    await asyncio.sleep(0)  # the first job's task ends
    return await (await generate(REQUEST, fresh=fresh)).result()


async def test_a_later_equal_request_is_served_from_the_cache() -> None:
    provider, cache = FakeProvider(), DictCache()
    images = await request_twice(provider, cache)
    assert len(provider.seen) == 1
    assert images.served_from == "dict"
    assert images.images[0].stored is not None
    assert (cache.hits, cache.misses) == (1, 1)


async def test_a_fresh_request_skips_the_cache() -> None:
    provider = FakeProvider()
    images = await request_twice(provider, DictCache(), fresh=True)
    assert (len(provider.seen), images.served_from) == (2, "provider")


async def test_a_cache_that_fails_is_a_miss() -> None:
    provider = FakeProvider()
    images = await request_twice(provider, DictCache(fails=True))
    assert (len(provider.seen), images.served_from) == (2, "provider")


async def test_the_sink_gets_cache_failures_before_and_after_the_end() -> None:
    sink = RecordingSink()
    handle = await use_case(FakeProvider(), cache=DictCache(fails=True), sink=sink)(REQUEST)
    read = [type(event) async for event in handle.events()]
    await asyncio.sleep(0)
    assert read == [JobStarted, CacheFailed, JobDispatched, Finished]
    assert [type(event) for event in sink.events] == [*read, CacheFailed]


async def test_a_result_that_is_not_as_requested_is_not_cached() -> None:
    provider, cache = FakeProvider(small_image(), small_image("red")), DictCache()
    await request_twice(provider, cache)
    assert len(provider.seen) == 2
    assert cache.entries == {}


async def test_a_failure_is_not_cached() -> None:
    provider, cache = FakeProvider(fails=[RateLimited("Not now.")]), DictCache()
    generate = use_case(provider, cache=cache)
    with pytest.raises(RateLimited):
        await (await generate(REQUEST)).result()
    await asyncio.sleep(0)
    images = await (await generate(REQUEST)).result()
    assert (len(provider.seen), images.served_from) == (2, "provider")


async def test_a_cached_result_has_all_facts_of_the_first_one() -> None:
    usage = Usage(text_tokens_in=10, image_tokens_in=5, tokens_out=1000)
    provider, cache = FakeProvider(usage=usage), DictCache()
    generate = use_case(provider, cache=cache)
    first = await (await generate(REQUEST)).result()
    await asyncio.sleep(0)
    second = await (await generate(REQUEST)).result()
    assert replace(second, served_from=first.served_from) == first


async def test_a_retired_model_is_replaced_with_a_note() -> None:
    provider = FakeProvider()
    provider.catalog = openai_catalog()
    clock = FrozenClock(datetime(2026, 12, 24, tzinfo=UTC))
    running = await use_case(provider, clock)(GenerateRequest(prompt="x", model="gpt-image-1.5"))
    images = await running.result()
    assert provider.seen[0].request.model == "gpt-image-2.6-flare"
    assert (images.model, images.requested_model) == ("gpt-image-2.6-flare", "gpt-image-1.5")
    assert "retired on 2026-12-01" in images.notes[0]


async def test_a_caller_that_joins_gets_its_own_model_name_and_notes() -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    provider.catalog = openai_catalog()
    generate = use_case(provider)
    new = await generate(GenerateRequest(prompt="x"))
    old = await generate(GenerateRequest(prompt="x", model="gpt-image-1", output_compression=5))
    gate.set()
    first, second = await asyncio.gather(new.result(), old.result())
    assert new.job is old.job
    assert (first.requested_model, first.notes) == ("gpt-image-2.6-flare", ())
    assert second.requested_model == "gpt-image-1"
    assert "retired on 2026-10-23" in second.notes[0]
    assert "was not sent" in second.notes[1]


async def test_an_unsupported_option_is_rejected_before_anything_is_sent() -> None:
    provider = FakeProvider()
    provider.catalog = openai_catalog()
    request = GenerateRequest(prompt="x", model="gpt-image-2", quality=Quality.MAX)
    with pytest.raises(UnsupportedByModel):
        await use_case(provider)(request)
    assert provider.seen == []


async def test_the_cost_comes_from_the_usage_and_the_cards_price() -> None:
    usage = Usage(text_tokens_in=10, image_tokens_in=0, tokens_out=1000)
    provider = FakeProvider(usage=usage)
    pricing = TokenPricing(
        text_in=Decimal(5), image_in=Decimal(8), out=Decimal(30), as_of=datetime.now(UTC).date()
    )
    cards = (ModelCard(name="fake-1", pricing=pricing),)
    provider.catalog = Catalog(cards=cards, default="fake-1")
    images = await (await use_case(provider)(REQUEST)).result()
    assert images.generation_cost == Decimal("0.03005")


async def test_without_usage_the_cost_is_unknown() -> None:
    images = await (await use_case(FakeProvider())(REQUEST)).result()
    assert images.generation_cost is None


async def test_a_compression_that_png_cannot_use_has_a_note() -> None:
    request = GenerateRequest(prompt="x", output_compression=50)
    images = await (await use_case(FakeProvider())(request)).result()
    assert "was not sent" in images.notes[0]


async def test_images_are_in_the_providers_order() -> None:
    images = [small_image(color) for color in ("red", "green", "blue")]
    result = await (await use_case(FakeProvider(*images))(REQUEST)).result()
    assert [each.image for each in result.images] == images


async def test_equal_retries_at_once_are_one_call_while_the_records_are_read() -> None:
    provider, gate = FakeProvider(), asyncio.Event()
    generate = use_case(provider)
    records = generate.job_service.idempotent_jobs.records
    latest = records.latest

    async def slow_latest(*, owner: str, limit: int) -> object:
        await gate.wait()
        return await latest(owner=owner, limit=limit)

    records.latest = slow_latest  # type: ignore[method-assign, assignment] # slow, otherwise the same
    retries = [asyncio.create_task(generate(REQUEST, retried=True)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.set()
    results = [await (await retry).result() for retry in retries]
    assert len({result.job_id for result in results}) == 1
    assert len(provider.seen) == 1
