"""A request for several images, from a provider that makes one in a call."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal

import pytest

from application.ports.image_provider import (
    Accepted,
    Delivered,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from application.safeguards.fan_out import FanOut
from domain.errors import ChargeStatus
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import (
    BadProviderReply,
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    RateLimited,
    WorkLost,
)
from domain.requests import MAX_IMAGES, GenerateRequest, ImageRequest
from domain.results import ResultImage, Usage
from tests.testkit.fakes import FakeResumableProvider, job_for, small_image
from tests.testkit.fakes.provider import FixedPricing
from tests.unit.results import SMALL

pytestmark = pytest.mark.anyio
THREE = replace(SMALL, n=3)
USAGE = Usage(text_tokens_in=1, image_tokens_in=0, tokens_out=10)
COLORS = ("red", "green", "blue")


class OneEach(FakeResumableProvider):
    """Makes one image in a call, of another color each time."""

    catalog = Catalog(
        cards=(ModelCard(name="fake-1", max_images=1, pricing=FixedPricing(Decimal("0.5"))),),
        default="fake-1",
    )

    def __init__(self, **more: object) -> None:
        super().__init__(usage=USAGE)
        self.colors = [small_image(color) for color in COLORS]
        vars(self).update(more)

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        assert job.request.n == 1
        mine = ResultImage(image=self.colors[len(self.accepted) % 3])
        async for event in super()._deliver(job):
            yield replace(event, images=(mine,)) if isinstance(event, Delivered) else event


async def read(provider: FanOut, request: GenerateRequest = THREE) -> list[StreamEvent]:
    card = provider.catalog.cards[0]
    async with aclosing(provider.generate(job_for(request, card=card))) as stream:
        return [event async for event in stream]


async def delivered(provider: OneEach) -> Delivered:
    last = (await read(FanOut(provider)))[-1]
    assert isinstance(last, Delivered)
    return last


async def test_each_image_is_a_call_and_all_are_one_result() -> None:
    provider = OneEach()
    result = await delivered(provider)
    assert {each.image for each in result.images} == {small_image(color) for color in COLORS}
    assert len(provider.accepted) == 3
    assert result.usage == USAGE + USAGE + USAGE


async def test_the_catalog_allows_several_at_the_price_of_each() -> None:
    (card,) = FanOut(OneEach()).catalog.cards
    assert (card.max_images, card.estimate(THREE)) == (MAX_IMAGES, Decimal("1.5"))
    assert card.unsupported_option(replace(THREE, partial_images=2)) is None


async def test_one_image_and_a_model_that_makes_several_pass_unchanged() -> None:
    provider = OneEach()
    assert (await read(FanOut(provider), SMALL))[0] == Accepted(handle="work_1")
    several = FakeResumableProvider()
    await read(FanOut(several))
    assert len(several.accepted) == 1


async def test_previews_have_the_number_of_their_image() -> None:
    previews = [
        (event.image_index, event.index)
        for event in await read(FanOut(OneEach()), replace(THREE, partial_images=2))
        if isinstance(event, PartialImage)
    ]
    assert sorted(previews) == [(image, index) for image in range(3) for index in range(2)]


async def test_each_accepted_call_adds_its_handle() -> None:
    accepted = [e for e in await read(FanOut(OneEach())) if isinstance(e, Accepted)]
    handles = json.loads(accepted[-1].handle)
    assert sorted(filter(None, handles)) == ["work_1", "work_2", "work_3"]
    assert [each.is_whole for each in accepted] == [False, False, True]


@pytest.mark.parametrize(
    ("error", "usage", "words"),
    [
        (RateLimited("Not now."), USAGE + USAGE, "It was not charged."),
        (OutcomeUnknown("Cut."), None, "It may have been charged."),
    ],
)
async def test_some_failures_leave_the_other_images_and_are_told(
    error: ProviderError, usage: Usage | None, words: str
) -> None:
    result = await delivered(OneEach(breaks=[error]))
    assert len(result.images) == 2
    assert result.usage == usage
    (note,) = result.notes
    assert note.startswith("Image ")
    assert f"{error.message} {words}" in note


async def test_a_refusal_that_was_charged_counts() -> None:
    refused = ContentRefused("No.")
    refused.usage, refused.charged = USAGE, ChargeStatus.YES
    result = await delivered(OneEach(breaks=[refused]))
    assert result.usage == USAGE + USAGE + USAGE


async def test_if_all_fail_the_error_is_one_that_may_be_charged() -> None:
    provider = OneEach(breaks=[RateLimited("1"), BadProviderReply("2"), RateLimited("3")])
    with pytest.raises(BadProviderReply):
        await delivered(provider)


async def test_a_bug_in_a_call_is_raised_and_ends_the_others() -> None:
    class Broken(OneEach):
        async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
            yield Accepted(handle=str(1 / 0))

    with pytest.raises(ZeroDivisionError):
        await read(FanOut(Broken()))


async def test_a_reader_that_leaves_closes_all_calls() -> None:
    closed: list[int] = []

    class Waiting(OneEach):
        async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
            try:
                yield Accepted(handle="work")
                await asyncio.Event().wait()
            finally:
                closed.append(1)

    provider = FanOut(Waiting())
    card = provider.catalog.cards[0]
    async with aclosing(provider.generate(job_for(THREE, card=card))) as stream:
        async for _ in stream:
            break
    assert len(closed) >= 1
    assert len(asyncio.all_tasks()) <= 2


async def test_the_calls_that_were_accepted_are_resumed_and_the_others_are_told() -> None:
    provider = OneEach()
    provider.accepted |= {"work_1": SMALL, "work_2": SMALL}
    fan_out = FanOut(provider)
    job = job_for(THREE, card=fan_out.catalog.cards[0])
    async with aclosing(fan_out.resume(job, '["work_1",null,"work_2"]')) as stream:
        (last,) = [event async for event in stream]
    assert isinstance(last, Delivered)
    assert len(last.images) == 2
    assert sorted(provider.resumed) == ["work_1", "work_2"]
    assert "before the provider accepted this image" in last.notes[0]
    assert last.usage is None


async def test_one_call_that_can_be_read_later_keeps_the_whole_job_open() -> None:
    provider = OneEach(resume_fails=[ProviderFailed("Down.", status=503)])
    provider.accepted |= {"work_2": SMALL}
    fan_out = FanOut(provider)
    job = job_for(THREE, card=fan_out.catalog.cards[0])
    with pytest.raises(ProviderFailed):
        async with aclosing(fan_out.resume(job, '[null,"work_1","work_2"]')) as stream:
            _ = [event async for event in stream]


async def test_calls_that_were_never_accepted_do_not_keep_a_job_open() -> None:
    refused = ContentRefused("No.")
    provider = OneEach(resume_fails=[refused])
    provider.accepted |= {"work_1": SMALL}
    fan_out = FanOut(provider)
    job = job_for(THREE, card=fan_out.catalog.cards[0])
    with pytest.raises(WorkLost):
        async with aclosing(fan_out.resume(job, '["work_1",null,null]')) as stream:
            _ = [event async for event in stream]


async def test_a_bug_in_one_call_leaves_the_cost_of_the_others_unknown() -> None:
    class OneBroken(OneEach):
        async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
            async for event in super()._deliver(job):
                yield event
                if len(self.accepted) == 3 and isinstance(event, Accepted):
                    _ = 1 / 0

    result = await delivered(OneBroken())
    assert len(result.images) < 3
    assert result.usage is None
    assert "It may have been charged." in result.notes[0]
