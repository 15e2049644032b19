"""Money in the first hour: estimates that learn, and refusals whose own advice works."""

import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from application.ports.image_provider import ProviderStream
from domain.errors import ArchiveUnavailable
from domain.image_formats import Dimensions
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.budget_errors import BudgetExhausted
from domain.money.estimates import MAX_SEEN_CALLS, SEEN_WITHIN
from domain.money.prices import TokenPricing
from domain.requests import EditRequest, GenerateRequest, ImageRequest, Quality
from domain.results import Usage
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    MemoryUsageLedger,
    settings_in,
    small_image,
)

pytestmark = pytest.mark.anyio
PER_MILLION = 1_000_000
COLORS = [small_image(color) for color in ("red", "green", "blue", "teal")]
UNTOLD = ModelCard(
    name="gateway-1",
    pricing=TokenPricing(
        text_in=Decimal(5), image_in=Decimal(8), out=Decimal(30), as_of=date(2026, 11, 1)
    ),
)
"""A model with a price, of whose tokens nothing is known in advance."""


class MeteredProvider(FakeProvider):
    """OpenAI's models, whose calls use as many tokens as the test says: `out` for an image.

    With `delivers`, a call delivers that many images, whatever was requested.
    """

    name = "openai"
    catalog: Catalog = replace(openai_catalog(), cards=(*openai_catalog().cards, UNTOLD))

    def __init__(self) -> None:
        super().__init__()
        self.out = 200
        self.per_input = 100
        self.delivers: int | None = None

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        number = self.delivers or job.request.n
        inputs = len(job.request.images) if isinstance(job.request, EditRequest) else 0
        self.images = tuple(COLORS[:number])
        self.usage = Usage(
            text_tokens_in=10,
            image_tokens_in=number * inputs * self.per_input,
            tokens_out=number * (self.out + 100 * job.request.partial_images),
        )
        async for event in super()._deliver(job):
            yield event


class Shop:
    """One installation: its provider, its clock, and the calls made with it."""

    def __init__(self, container: Container, provider: MeteredProvider, clock: FrozenClock) -> None:
        self.container = container
        self.provider = provider
        self.clock = clock

    async def call(self, request: ImageRequest) -> Decimal | None:
        """Make a call; return its estimate."""
        cases = self.container
        if isinstance(request, EditRequest):
            handle = await cases.edit_image()(request, fresh=True)
        else:
            assert isinstance(request, GenerateRequest)
            handle = await cases.generate_image()(request, fresh=True)
        await handle.result()
        self.clock.time += timedelta(seconds=1)
        return (await cases.get_job()(handle.job.id)).estimate

    async def estimate(self, request: ImageRequest) -> Decimal:
        """The estimate of a call, which is then made."""
        known = await self.call(request)
        assert known is not None
        return known


@asynccontextmanager
async def shop(folder: Path, **settings: Any) -> AsyncIterator[Shop]:  # noqa: ANN401 - fields of Settings
    provider, clock = MeteredProvider(), FrozenClock()
    async with run_application(
        settings_in(folder, **settings), provider=provider, clock=clock
    ) as container:
        yield Shop(container, provider, clock)


@pytest.fixture
async def open_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """One without limits."""
    async with shop(tmp_path) as opened:
        yield opened


FOX = GenerateRequest(prompt="a fox in the snow", quality=Quality.LOW)


def edit(number: int, **options: Any) -> EditRequest:  # noqa: ANN401 - fields of EditRequest
    images = tuple(small_image("red", size=(8 + at, 8)) for at in range(number))
    return EditRequest(prompt="make it winter", quality=Quality.LOW, images=images, **options)


def usd(tokens: float) -> Decimal:
    """The price of so many output tokens."""
    return Decimal(tokens) * 30 / PER_MILLION


@pytest.mark.parametrize(
    ("first", "then", "least", "most"),
    [
        (FOX, FOX, 5000, 5100),
        (FOX, replace(FOX, prompt="an owl"), 5000, 5100),
        (FOX, replace(FOX, prompt="an owl, " * 60), 5000, 6000),
        (FOX, replace(FOX, n=3), 15_000, 15_300),
        (replace(FOX, n=4), FOX, 5000, 5100),
        (replace(FOX, n=4), replace(FOX, n=2), 10_000, 10_200),
        (FOX, replace(FOX, partial_images=3), 5300, 8000),
        (replace(FOX, partial_images=3), FOX, 5000, 5400),
        (edit(1), edit(1), 5000, 5200),
        (edit(1), edit(16), 5000 + 16 * 27, 60_000),
        (edit(16), edit(1), 5000, 9000),
        (edit(2), replace(edit(2), n=2), 10_000, 10_500),
        (replace(FOX, quality=Quality.AUTO), replace(FOX, quality=Quality.AUTO), 7726, 7800),
        (replace(FOX, size=None), replace(FOX, size=None), 5000, 5100),
        (
            replace(FOX, size=Dimensions(1536, 1024)),
            replace(FOX, size=Dimensions(1536, 1024)),
            5000,
            5100,
        ),
        (replace(FOX, model=UNTOLD.name), replace(FOX, model=UNTOLD.name, n=2), 10_000, 10_200),
        (
            replace(FOX, model=UNTOLD.name),
            replace(FOX, model=UNTOLD.name, partial_images=1),
            5100,
            10_200,
        ),
        (
            replace(edit(2), model=UNTOLD.name),
            replace(edit(4), model=UNTOLD.name),
            5100,
            11_000,
        ),
    ],
    ids=[
        "the same",
        "another prompt",
        "a longer prompt",
        "n 3 after n 1",
        "n 1 after n 4",
        "n 2 after n 4",
        "partials after none",
        "none after partials",
        "an edit",
        "16 input images after one",
        "one input image after 16",
        "n 2 of an edit",
        "quality auto is at least what the card says",
        "size auto",
        "landscape",
        "a price without token counts",
        "a price without token counts, partials",
        "a price without token counts, more input images",
    ],
)
async def test_an_estimate_is_never_below_what_was_seen_nor_far_above(
    open_shop: Shop, first: ImageRequest, then: ImageRequest, least: int, most: int
) -> None:
    open_shop.provider.out = 5000
    await open_shop.call(first)
    assert usd(least) <= await open_shop.estimate(then) <= usd(most)


@pytest.mark.parametrize(
    "other",
    [
        replace(FOX, quality=Quality.HIGH),
        replace(FOX, size=Dimensions(1536, 1024)),
        replace(FOX, size=None),
        replace(FOX, model="gpt-image-2"),
        edit(1),
    ],
    ids=["quality", "size", "size auto", "model", "edit"],
)
async def test_a_call_of_another_kind_teaches_nothing(open_shop: Shop, other: ImageRequest) -> None:
    usual = await open_shop.estimate(FOX)
    open_shop.provider.out = 9000
    await open_shop.call(other)
    open_shop.provider.out = 200
    assert await open_shop.estimate(FOX) == usual


async def test_cheaper_calls_leave_the_cards_estimate(open_shop: Shop) -> None:
    open_shop.provider.out = 1
    usual = await open_shop.estimate(FOX)
    assert usual > usd(900)
    assert await open_shop.estimate(FOX) == usual


async def test_images_that_were_not_delivered_share_no_cost(open_shop: Shop) -> None:
    open_shop.provider.out, open_shop.provider.delivers = 5000, 1
    await open_shop.call(replace(FOX, n=4))
    assert await open_shop.estimate(FOX) >= usd(5000)


async def test_the_most_expensive_of_the_latest_calls_counts_until_it_is_old(
    open_shop: Shop,
) -> None:
    open_shop.provider.out = 5000
    usual = await open_shop.estimate(FOX)
    open_shop.provider.out = 200
    for _ in range(MAX_SEEN_CALLS):
        assert await open_shop.estimate(FOX) >= usd(5000)
    assert await open_shop.estimate(FOX) == usual
    open_shop.provider.out = 5000
    await open_shop.call(FOX)
    open_shop.clock.time += SEEN_WITHIN
    assert await open_shop.estimate(FOX) == usual


async def test_the_next_process_knows_what_was_seen(tmp_path: Path) -> None:
    async with shop(tmp_path) as before:
        before.provider.out = 5000
        await before.call(FOX)
    async with shop(tmp_path) as after:
        after.clock.time += timedelta(hours=1)
        assert await after.estimate(FOX) >= usd(5000)


async def test_a_model_without_a_price_stays_unknown(open_shop: Shop) -> None:
    for _ in range(2):
        assert await open_shop.call(replace(FOX, model="gpt-image-9")) is None


async def test_a_ledger_that_fails_stops_no_call(tmp_path: Path) -> None:
    class Unreadable(MemoryUsageLedger):
        async def seen_calls(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - never returns
            raise ArchiveUnavailable("The disk is gone.")

    async with run_application(
        settings_in(tmp_path), provider=MeteredProvider(), usage_ledger=Unreadable()
    ) as container:
        opened = Shop(container, MeteredProvider(), FrozenClock())
        assert usd(900) < await opened.estimate(FOX) < usd(1000)


async def test_a_budget_reserves_what_was_seen(tmp_path: Path) -> None:
    async with shop(tmp_path, budget_day_usd="0.40") as opened:
        opened.provider.out = 5000
        for _ in range(2):
            await opened.call(FOX)
        with pytest.raises(
            BudgetExhausted, match=r"\$0\.300 is used, and this call may cost \$0\.15"
        ):
            await opened.call(FOX)


FIRST_OPTION = re.compile(r"fits? now: (.*?) \((?:about|free)")
FROM = re.compile(r"fits from (tomorrow )?(\d\d):(\d\d) on")
SETTING = re.compile(r"set (BUDGET_\w+) to ([\d.]+) or more")


def followed(request: ImageRequest, words: str) -> ImageRequest:
    """The request with the options that a hint names."""
    for change in words.split(" and "):
        request = replace(request, **_option(*change.split(" ", 1)))
    return request


def _option(option: str, value: str) -> dict[str, Any]:
    match option:
        case "quality":
            return {"quality": Quality(value)}
        case "n":
            return {"n": int(value)}
        case "size":
            return {"size": Dimensions.parse(value)}
        case "model":
            return {"model": value}
    assert (option, value) == ("no", "partialImages")
    return {"partial_images": 0}


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def all_options(hint: str) -> Sequence[str]:
    """The words of every option that a hint says fits now."""
    listed = re.search(r"fits? now: (.*?)\.(?: |$)(?!\d)", hint)
    assert listed, hint
    return re.findall(r"(?:^|, )([^()]+?) \((?:about \$[\d.]+|free)\)", listed[1])


HIGH = replace(FOX, quality=Quality.HIGH)
AUTO = replace(FOX, quality=Quality.AUTO)


@pytest.mark.parametrize(
    ("limits", "before", "request_"),
    [
        ({"budget_call_usd": "0.04"}, [], AUTO),
        ({"budget_call_usd": "0.04"}, [], replace(FOX, n=4)),
        ({"budget_call_usd": "0.03"}, [], replace(AUTO, n=4)),
        ({"budget_call_usd": "0.04"}, [], replace(HIGH, size=Dimensions(3840, 2160))),
        ({"budget_call_usd": "0.01"}, [], FOX),
        ({"budget_call_usd": "0.05"}, [], replace(FOX, model="gpt-image-9")),
        ({"budget_call_usd": "0.05"}, [], edit(1, n=2)),
        ({"budget_call_usd": "0.25"}, [], replace(edit(16), n=2)),
        ({"budget_day_usd": "0.05"}, [FOX], HIGH),
        ({"budget_day_usd": "0.10"}, [FOX], AUTO),
        ({"budget_images_hour": 3}, [FOX], replace(FOX, n=4)),
        ({"budget_images_hour": 3, "budget_call_usd": "0.06"}, [FOX], replace(HIGH, n=4)),
        ({"budget_day_usd": "0.20", "budget_call_usd": "0.06"}, [HIGH], replace(AUTO, n=2)),
    ],
    ids=[
        "quality",
        "n",
        "quality and n",
        "a large size",
        "another model",
        "a model of unknown price",
        "an edit",
        "an edit of 16 images",
        "what is left of the day",
        "what is left of the day, auto",
        "images of the hour",
        "two limits",
        "day and call",
    ],
)
async def test_every_option_that_a_refusal_names_is_accepted(
    tmp_path: Path,
    limits: dict[str, Any],
    before: Sequence[ImageRequest],
    request_: ImageRequest,
) -> None:
    async def refused(opened: Shop) -> str:
        for each in before:
            await opened.call(each)
        with pytest.raises(BudgetExhausted) as caught:
            await opened.call(request_)
        return caught.value.hint

    async with shop(tmp_path / "first", **limits) as opened:
        options = all_options(await refused(opened))
    assert options
    for number, option in enumerate(options):
        async with shop(tmp_path / str(number), **limits) as opened:
            await refused(opened)
            await opened.call(followed(request_, option))
            assert len(opened.provider.seen) == len(before) + 1


@pytest.mark.parametrize(
    ("limits", "before", "request_"),
    [
        ({"budget_day_usd": "0.19"}, [FOX], FOX),
        ({"budget_day_usd": "0.30"}, [AUTO, AUTO], AUTO),
        ({"budget_images_hour": 2}, [FOX, FOX], FOX),
        ({"budget_images_hour": 2}, [replace(FOX, n=2)], FOX),
        ({"budget_images_hour": 1, "budget_day_usd": "0.19"}, [FOX], FOX),
        ({"budget_day_usd": "0.20"}, [replace(FOX, model=UNTOLD.name)], FOX),
        ({"budget_day_usd": "5"}, [replace(FOX, model="gpt-image-9")], FOX),
    ],
    ids=["day", "day, auto", "hour", "hour, n 2", "both", "another model", "an unknown cost"],
)
async def test_at_the_time_that_a_refusal_names_the_call_is_accepted(
    tmp_path: Path,
    zone: str,
    limits: dict[str, Any],
    before: Sequence[ImageRequest],
    request_: ImageRequest,
) -> None:
    del zone
    async with shop(tmp_path) as opened:
        opened.provider.out = 6000
        for each in before:
            await opened.call(each)
    async with shop(tmp_path, **limits) as opened:
        opened.clock.time += timedelta(minutes=5, seconds=7)
        opened.provider.out = 1
        with pytest.raises(BudgetExhausted) as caught:
            await opened.call(request_)
        opened.clock.time = named_time(caught.value.hint, opened.clock.time)
        await opened.call(request_)


def named_time(hint: str, now: datetime) -> datetime:
    found = FROM.search(hint)
    assert found, hint
    local = now.astimezone() + timedelta(days=bool(found[1]))
    return local.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0)


@pytest.mark.parametrize(
    "limits",
    [
        {"budget_call_usd": "0"},
        {"budget_day_usd": "0"},
        {"budget_images_hour": 0},
        {"budget_call_usd": "0.001", "budget_images_hour": 0, "budget_day_usd": "0.001"},
    ],
    ids=["call", "day", "hour", "all"],
)
async def test_the_settings_that_a_refusal_names_allow_the_call(
    tmp_path: Path, limits: dict[str, Any]
) -> None:
    async with shop(tmp_path, **limits) as opened:
        with pytest.raises(BudgetExhausted) as caught:
            await opened.call(replace(AUTO, n=2))
        assert opened.provider.seen == []
    raised = {name.lower(): value for name, value in SETTING.findall(caught.value.hint)}
    assert raised.keys() == limits.keys()
    async with shop(tmp_path, **raised) as opened:
        await opened.call(replace(AUTO, n=2))
