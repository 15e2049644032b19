"""Estimates learn from the calls of an installation, and are never below what was seen."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ArchiveUnavailable
from domain.image_formats import Dimensions
from domain.money.budget_errors import BudgetExhausted
from domain.money.estimates import MAX_SEEN_CALLS, SEEN_WITHIN
from domain.requests import ImageRequest, Quality
from entrypoints.bootstrap.lifecycle import run_application
from tests.field_reports.money_shop import FOX, UNTOLD, MeteredProvider, Shop, edit, shop, usd
from tests.testkit.fakes import (
    FrozenClock,
    MemoryUsageLedger,
    settings_in,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def open_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """One without limits."""
    async with shop(tmp_path) as opened:
        yield opened


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
