"""What a provider says reaches nothing outside without its secrets and control characters."""

from collections.abc import Sequence
from contextlib import aclosing

import pytest

from application.error_redaction import MAX_TEXT, MAX_WORD, MAX_WORDS
from application.ports.image_provider import Delivered, PartialImage, ProviderStream, StreamEvent
from application.safeguards.redaction import (
    MAX_NOTES,
    MAX_REVISED_PROMPT,
    Redaction,
)
from domain.errors import ChargeStatus
from domain.image import Image
from domain.jobs import Job
from domain.provider_errors import BadProviderReply, ContentRefused, ProviderError, RequestRefused
from domain.requests import GenerateRequest
from domain.results import ResultImage
from tests.testkit.fakes import FakeProvider, job_for, small_image

pytestmark = pytest.mark.anyio
SECRET = "0123456789-gateway"
ODD = f"{SECRET} \x1b[2J\u202e\nend"
CLEAN = "[hidden] ?[2J? end"
IMAGE = small_image("teal", (64, 64))
WITH_SECRET = Image(IMAGE.data + SECRET.encode())


class Says(FakeProvider):
    """A provider that yields these events and then raises the error."""

    def __init__(self, *events: StreamEvent, error: ProviderError | None = None) -> None:
        super().__init__()
        self.says, self.error = events, error

    async def generate(self, _: Job[GenerateRequest], /) -> ProviderStream:
        for event in self.says:
            yield event
        if self.error is not None:
            raise self.error


async def events_of(provider: Says) -> Sequence[StreamEvent]:
    async with aclosing(Redaction(provider, [SECRET]).generate(job_for())) as events:
        return [event async for event in events]


async def raised_by(error: ProviderError) -> ProviderError:
    with pytest.raises(type(error)) as raised:
        await events_of(Says(error=error))
    return raised.value


async def test_the_texts_of_a_result_are_clean_and_its_images_untouched() -> None:
    delivered = Delivered(
        images=(ResultImage(image=WITH_SECRET),),
        revised_prompt=ODD,
        request_id=ODD,
        notes=(ODD,) * 100,
        undecodable=(ODD.encode(), b"x"),
    )
    (clean,) = await events_of(Says(delivered))
    assert isinstance(clean, Delivered)
    assert clean.images == delivered.images
    assert clean.revised_prompt == "[hidden] ?[2J?\nend"
    assert clean.request_id == CLEAN
    assert clean.notes == (CLEAN,) * MAX_NOTES
    assert clean.undecodable == (ODD.replace(SECRET, "*" * len(SECRET)).encode(), b"x")


async def test_a_long_revised_prompt_is_cut() -> None:
    long = Delivered(images=(), revised_prompt="x" * 10**6)
    (clean,) = await events_of(Says(long))
    assert isinstance(clean, Delivered)
    assert clean.revised_prompt is not None
    assert len(clean.revised_prompt) == MAX_REVISED_PROMPT


async def test_every_text_of_an_error_is_clean() -> None:
    error = ContentRefused(ODD, stage=ODD, categories=[ODD, *["x" * 100_000] * 100])
    error.request_id, error.hint, error.charged = ODD, ODD, ChargeStatus.MAYBE
    clean = await raised_by(error)
    assert isinstance(clean, ContentRefused)
    assert (clean.message, str(clean), clean.hint, clean.stage) == (CLEAN,) * 4
    assert clean.request_id == CLEAN
    assert clean.categories[0] == CLEAN
    assert len(clean.categories) == MAX_WORDS
    assert {len(word) for word in clean.categories[1:]} == {MAX_WORD}
    assert clean.charged is ChargeStatus.MAYBE


async def test_a_long_message_is_cut() -> None:
    assert len(str(await raised_by(RequestRefused("x" * 10**6)))) == MAX_TEXT


async def test_the_remainder_of_a_reply_is_redacted() -> None:
    clean = await raised_by(BadProviderReply("No.", raw_remainder=[SECRET.encode(), b"x"]))
    assert clean.raw_remainder == (b"*" * len(SECRET), b"x")


async def test_a_preview_is_redacted_only_if_it_is_no_image() -> None:
    previews = [PartialImage(image=image, index=0) for image in (WITH_SECRET, Image(ODD.encode()))]
    first, second = await events_of(Says(*previews))
    assert first is previews[0]
    assert isinstance(second, PartialImage)
    assert SECRET.encode() not in second.image.data
    assert len(second.image.data) == len(ODD.encode())
