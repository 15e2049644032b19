"""Each safeguard adds one promise to any provider."""

import asyncio
from time import monotonic

import pytest

from application.ports.image_provider import (
    PartialImage,
    StreamEvent,
)
from application.safeguards.inspection import Inspection
from application.safeguards.retry import Retry
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    ProviderTimedOut,
    ProviderUnreachable,
    QuotaExhausted,
    RateLimited,
)
from domain.requests import GenerateRequest
from domain.results import Usage
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    HeaderInspector,
    InstantRetries,
    small_image,
)
from tests.unit.results import delivered, events

pytestmark = pytest.mark.anyio

# Retry


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (ProviderUnreachable("No way there."), 2),
        (RateLimited("Not now.", retry_after=2.0), 2),
        (RateLimited("Not now.", retry_after=2), 2),
        (RateLimited("Not now.", retry_after=10.0), 2),
        (RateLimited("Not now.", retry_after=11.0), 1),
        (RateLimited("Not now."), 1),
        (QuotaExhausted("Nothing left."), 1),
        (CredentialsRejected("No."), 1),
        (ProviderTimedOut("Too long."), 1),
        (ProviderFailed("Oh.", status=500), 1),
        (OutcomeUnknown("Who knows."), 1),
        (BadProviderReply("What?"), 1),
    ],
)
async def test_only_a_call_that_cannot_cost_twice_is_repeated(
    fault: ProviderError, calls: int
) -> None:
    provider = FakeProvider(fails=[fault])
    retried = Retry(provider, InstantRetries())
    if calls == 1:
        with pytest.raises(type(fault)):
            await events(retried)
    else:
        assert (await delivered(retried)).images[0].image == PNG
    assert len(provider.seen) == calls


async def test_the_retry_waits_exactly_as_long_as_a_short_retry_after() -> None:
    attempts = InstantRetries()
    fault = RateLimited("Not now.", retry_after=2.5)
    await events(Retry(FakeProvider(fails=[fault]), attempts))
    assert attempts.waits == [2.5]


async def test_a_second_retry_after_is_left_to_the_caller() -> None:
    fails = [RateLimited("Not now.", retry_after=1.0) for _ in range(3)]
    provider = FakeProvider(fails=fails)
    with pytest.raises(RateLimited):
        await events(Retry(provider, InstantRetries(3)))
    assert len(provider.seen) == 2


async def test_the_last_refusal_is_passed_on() -> None:
    fails = [ProviderUnreachable(f"{number}") for number in range(5)]
    provider = FakeProvider(fails=fails)
    with pytest.raises(ProviderUnreachable, match="2"):
        await events(Retry(provider, InstantRetries(3)))
    assert len(provider.seen) == 3


# Inspection


async def test_intact_images_pass_unchanged_and_partials_uninspected() -> None:
    provider = Inspection(FakeProvider(), HeaderInspector())
    request = GenerateRequest(prompt="x", size=Dimensions(8, 8), partial_images=2)
    partials = [event for event in await events(provider, request) if _is_partial(event)]
    assert len(partials) == 2
    assert (await delivered(provider)).images[0].notes == ()


def _is_partial(event: StreamEvent) -> bool:
    return isinstance(event, PartialImage)


async def test_another_size_is_delivered_with_a_note_and_another_format_without() -> None:
    jpeg = small_image(size=(9, 9), form="JPEG")
    reply = await delivered(Inspection(FakeProvider(jpeg), HeaderInspector()))
    assert reply.images[0].image == jpeg
    assert reply.images[0].image.format is ImageFormat.JPEG
    assert reply.images[0].notes == ("requested 8x8, the provider sent 9x9",)


@pytest.mark.parametrize("count", [1, 3])
async def test_another_number_of_images_is_delivered_with_a_note(count: int) -> None:
    provider = Inspection(FakeProvider(*[PNG] * count), HeaderInspector())
    request = GenerateRequest(prompt="x", n=2, size=Dimensions(8, 8))
    reply = await delivered(provider, request)
    assert len(reply.images) == count
    assert reply.notes == (f"Images requested: 2, usable images received: {count}.",)


async def test_a_broken_image_is_left_out_beside_an_intact_one() -> None:
    provider = Inspection(FakeProvider(PNG, Image(b"<html>")), HeaderInspector())
    reply = await delivered(provider, GenerateRequest(prompt="x", n=2))
    assert [each.image for each in reply.images] == [PNG]
    assert reply.undecodable == (b"<html>",)


async def test_a_reply_without_an_image_is_an_error_that_keeps_the_data() -> None:
    provider = Inspection(FakeProvider(Image(b"<html>"), Image(b"")), HeaderInspector())
    with pytest.raises(BadProviderReply, match="markup") as bad:
        await events(provider)
    assert bad.value.raw_remainder == (b"<html>",)
    assert bad.value.charged == "maybe"


async def test_a_bad_reply_with_usage_was_charged() -> None:
    usage = Usage(text_tokens_in=1, image_tokens_in=0, tokens_out=1)
    provider = Inspection(FakeProvider(Image(b"?"), usage=usage), HeaderInspector())
    with pytest.raises(BadProviderReply) as bad:
        await events(provider)
    assert bad.value.charged == "yes"


class HangingInspector(HeaderInspector):
    async def inspect(self, image: Image, /) -> None:
        await asyncio.Event().wait()


class BrokenInspector(HeaderInspector):
    async def inspect(self, image: Image, /) -> None:
        raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("inspector", [HangingInspector(), BrokenInspector()])
async def test_an_image_that_cannot_be_inspected_is_delivered_with_a_note(
    inspector: HeaderInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.safeguards.inspection.INSPECTION_TIMEOUT", 0.01)
    request = GenerateRequest(prompt="x", n=3)
    other = small_image("teal")
    provider = FakeProvider(PNG, Image(b"<html>"), other)
    reply = await delivered(Inspection(provider, inspector), request)
    assert [kept.image for kept in reply.images] == [PNG, other]
    assert all("could not be inspected" in kept.notes[0] for kept in reply.images)
    assert reply.undecodable == (b"<html>",)


async def test_all_images_of_a_reply_share_the_time_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("application.safeguards.inspection.INSPECTION_TIMEOUT", 0.2)
    started, provider = monotonic(), FakeProvider(*[PNG] * 4)
    await delivered(Inspection(provider, HangingInspector()), GenerateRequest(prompt="x", n=4))
    assert monotonic() - started < 0.7
