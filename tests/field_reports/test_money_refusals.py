"""What a budget's refusal advises works when it is followed."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.image_formats import Dimensions
from domain.money.budget_errors import BudgetExhausted
from domain.requests import ImageRequest, Quality
from tests.field_reports.money_shop import FOX, UNTOLD, Shop, edit, shop

pytestmark = pytest.mark.anyio
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
