"""Each safeguard adds one promise to any provider."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from application.ports.archive import Archive
from application.ports.image_provider import (
    Delivered,
    Dispatched,
    ImageProvider,
    PartialImage,
    ProviderEvent,
)
from application.safeguards.archived import Archived
from application.safeguards.inspected import Inspected
from application.safeguards.retried import Retried
from domain.errors import ArchiveUnavailable
from domain.formats import Dimensions, ImageFormat
from domain.images import Image
from domain.jobs import Job, JobState
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
from domain.requests import GenerateRequest, PictureRequest
from domain.results import Usage
from tests.fakes import (
    PNG,
    FakeProvider,
    HeaderInspector,
    MemoryArchive,
    PatientAttempts,
    job_for,
    picture,
)

pytestmark = pytest.mark.anyio
SMALL = GenerateRequest(prompt="a red bridge", size=Dimensions(8, 8))


async def events(provider: ImageProvider, request: GenerateRequest = SMALL) -> list[ProviderEvent]:
    async with aclosing(provider.generate(job_for(request))) as painting:
        return [event async for event in painting]


async def delivered(provider: ImageProvider, request: GenerateRequest = SMALL) -> Delivered:
    last = (await events(provider, request))[-1]
    assert isinstance(last, Delivered)
    return last


# Retried


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (ProviderUnreachable("No way there."), 2),
        (RateLimited("Not now.", retry_after=2.0), 2),
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
async def test_only_what_cannot_cost_twice_is_asked_again(fault: ProviderError, calls: int) -> None:
    provider = FakeProvider(fails=[fault])
    retried = Retried(provider, PatientAttempts())
    if calls == 1:
        with pytest.raises(type(fault)):
            await events(retried)
    else:
        assert (await delivered(retried)).pictures[0].image == PNG
    assert len(provider.seen) == calls


async def test_a_short_retry_after_is_waited_for_exactly() -> None:
    attempts = PatientAttempts()
    fault = RateLimited("Not now.", retry_after=2.5)
    await events(Retried(FakeProvider(fails=[fault]), attempts))
    assert attempts.waits == [2.5]


async def test_a_second_retry_after_is_the_callers_to_wait_for() -> None:
    fails = [RateLimited("Not now.", retry_after=1.0) for _ in range(3)]
    provider = FakeProvider(fails=fails)
    with pytest.raises(RateLimited):
        await events(Retried(provider, PatientAttempts(3)))
    assert len(provider.seen) == 2


async def test_the_last_refusal_is_passed_on() -> None:
    fails = [ProviderUnreachable(f"{number}") for number in range(5)]
    provider = FakeProvider(fails=fails)
    with pytest.raises(ProviderUnreachable, match="2"):
        await events(Retried(provider, PatientAttempts(3)))
    assert len(provider.seen) == 3


# Inspected


async def test_whole_pictures_pass_unchanged_and_partials_unseen() -> None:
    provider = Inspected(FakeProvider(), HeaderInspector())
    request = GenerateRequest(prompt="x", size=Dimensions(8, 8), partial_images=2)
    partials = [event for event in await events(provider, request) if _is_partial(event)]
    assert len(partials) == 2
    assert (await delivered(provider)).pictures[0].notes == ()


def _is_partial(event: ProviderEvent) -> bool:
    return isinstance(event, PartialImage)


async def test_another_type_and_size_are_delivered_and_labeled() -> None:
    jpeg = picture(size=(9, 9), form="JPEG")
    came = await delivered(Inspected(FakeProvider(jpeg), HeaderInspector()))
    assert came.pictures[0].image == jpeg
    assert came.pictures[0].image.format is ImageFormat.JPEG
    assert came.pictures[0].notes == (
        "asked for png, the provider sent jpeg",
        "asked for 8x8, the provider sent 9x9",
    )


@pytest.mark.parametrize("came", [1, 3])
async def test_another_number_of_pictures_is_delivered_and_labeled(came: int) -> None:
    provider = Inspected(FakeProvider(*[PNG] * came), HeaderInspector())
    request = GenerateRequest(prompt="x", n=2, size=Dimensions(8, 8))
    reply = await delivered(provider, request)
    assert len(reply.pictures) == came
    assert reply.notes == (f"Asked for 2 picture(s), and {came} could be kept.",)


async def test_one_broken_picture_of_two_becomes_rubbish_beside_the_good_one() -> None:
    provider = Inspected(FakeProvider(PNG, Image(b"<html>")), HeaderInspector())
    reply = await delivered(provider, GenerateRequest(prompt="x", n=2))
    assert [each.image for each in reply.pictures] == [PNG]
    assert reply.rubbish == (b"<html>",)


async def test_without_any_picture_the_reply_is_bad_and_its_rubbish_is_kept() -> None:
    provider = Inspected(FakeProvider(Image(b"<html>"), Image(b"")), HeaderInspector())
    with pytest.raises(BadProviderReply, match="markup") as bad:
        await events(provider)
    assert bad.value.rubbish == (b"<html>",)
    assert bad.value.charged == "maybe"


async def test_a_bad_reply_with_usage_was_charged() -> None:
    usage = Usage(text_tokens_in=1, image_tokens_in=0, tokens_out=1)
    provider = Inspected(FakeProvider(Image(b"?"), usage=usage), HeaderInspector())
    with pytest.raises(BadProviderReply) as bad:
        await events(provider)
    assert bad.value.charged == "yes"


# Archived


def states(archive: MemoryArchive) -> list[JobState]:
    return [job.state for job in archive.history]


async def test_the_job_is_recorded_before_it_is_sent_and_the_picture_kept_before_it_is_told() -> (
    None
):
    archive, order = MemoryArchive(), list[str]()

    class Noted(FakeProvider):
        async def _paint(self, job: Job[PictureRequest]) -> AsyncIterator[ProviderEvent]:  # type: ignore[override] # a plain iterator is enough here
            order.append(f"sent with {len(archive.history)} record")
            async for event in super()._paint(job):
                yield event

    async with aclosing(Archived(Noted(), archive).generate(job_for(SMALL))) as painting:
        async for event in painting:
            order.append(f"{type(event).__name__} with {len(archive.kept)} kept")
    assert order == ["Dispatched with 0 kept", "sent with 1 record", "Delivered with 1 kept"]
    assert states(archive) == [JobState.DISPATCHED, JobState.STORED]


async def test_pictures_come_with_their_place() -> None:
    archive = MemoryArchive()
    came = await delivered(Archived(FakeProvider(), archive))
    assert came.pictures[0].place is not None
    assert archive.kept[came.pictures[0].place] == PNG
    assert await archive.find(PNG.id, owner="local") == PNG


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (RateLimited("Not now."), JobState.FAILED),
        (BadProviderReply("What?", rubbish=[b"<html>"]), JobState.FAILED),
        (ProviderTimedOut("Too long."), JobState.UNKNOWN),
        (OutcomeUnknown("Cut."), JobState.UNKNOWN),
    ],
)
async def test_how_a_job_ended_is_recorded(fault: ProviderError, state: JobState) -> None:
    archive = MemoryArchive()
    with pytest.raises(type(fault)):
        await events(Archived(FakeProvider(fails=[fault]), archive))
    assert states(archive) == [JobState.DISPATCHED, state]
    assert archive.history[-1].failure == fault.code


async def test_rubbish_is_quarantined_and_the_error_says_where() -> None:
    archive = MemoryArchive()
    fault = BadProviderReply("What?", rubbish=[b"<html>"])
    with pytest.raises(BadProviderReply) as bad:
        await events(Archived(FakeProvider(fails=[fault]), archive))
    assert archive.quarantined == [b"<html>"]
    assert bad.value.quarantined == ("/quarantine/job_1-1.bin",)


async def test_rubbish_beside_good_pictures_is_quarantined_too() -> None:
    archive = MemoryArchive()
    came = await delivered(Archived(FakeProvider(PNG, rubbish=(b"??",)), archive))
    assert archive.quarantined == [b"??"]
    assert "/quarantine/" in came.notes[-1]


async def test_a_job_that_is_ended_after_dispatch_is_unknown() -> None:
    archive, painting = MemoryArchive(), asyncio.Event()

    async def forever() -> None:
        painting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(events(Archived(FakeProvider(meanwhile=forever), archive)))
    await painting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert states(archive) == [JobState.DISPATCHED, JobState.UNKNOWN]


class FullArchive(MemoryArchive):
    """Refuses the named methods, as a full disk does."""

    def __init__(self, *refused: str, after: int = 0) -> None:
        super().__init__()
        for name in refused:
            setattr(self, name, self._refusing(getattr(self, name), after))

    @staticmethod
    def _refusing(method: Callable[..., object], after: int) -> Callable[..., object]:
        calls = 0

        async def refuse(*given: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls > after:
                raise ArchiveUnavailable("The disk is full.")
            return await method(*given, **named)  # type: ignore[misc] # a bound async method

        return refuse


async def test_nothing_is_sent_when_the_record_cannot_be_written() -> None:
    provider = FakeProvider()
    full: Archive = FullArchive("record")
    with pytest.raises(ArchiveUnavailable):
        await events(Archived(provider, full))
    assert provider.seen == []


async def test_a_paid_picture_is_delivered_even_if_it_cannot_be_stored() -> None:
    came = await delivered(Archived(FakeProvider(), FullArchive("keep")))
    assert came.pictures[0].image == PNG
    assert came.pictures[0].place is None
    assert came.notes[0].startswith("Not stored: The disk is full.")


async def test_a_paid_picture_is_delivered_even_if_its_record_cannot_be_written() -> None:
    archive = FullArchive("record", after=1)
    came = await delivered(Archived(FakeProvider(), archive))
    assert came.pictures[0].place is not None
    assert came.notes == ("The job's record could not be written.",)


async def test_the_first_event_says_that_money_may_be_spent_from_now_on() -> None:
    assert isinstance((await events(Archived(FakeProvider(), MemoryArchive())))[0], Dispatched)
