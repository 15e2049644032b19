"""A picture that arrived in a stream is delivered, whatever becomes of the stream."""

from base64 import b64encode
from json import dumps, loads

import pytest

from adapters.openai import reply_buffer
from domain.provider_errors import ContentRefused, OutcomeUnknown
from domain.results import Usage
from tests.standin import Fault, StandIn, faults, stream_faults
from tests.unit.openai_help import PLUM, TEAL, answer, asked, completed, streaming, usage

pytestmark = pytest.mark.anyio
LATE = [
    pytest.param(stream_faults.cut_after_images(), id="cut"),
    pytest.param(stream_faults.held_open(), id="held open"),
    pytest.param(stream_faults.late_error(), id="error"),
]
TELLING = b'data: {"type": "image_generation.partial_image", "b64_json": 5}\n\n'


@pytest.mark.parametrize("fault", LATE)
async def test_what_comes_after_the_picture_is_not_waited_for(
    openai_api: StandIn, fault: Fault
) -> None:
    openai_api.script(fault)
    came = await answer(openai_api.base_url, patience=2, partial_images=2)
    assert (came.images[0].image.digest,) == openai_api.ledger[0].digests
    assert (came.notes, came.request_id) == ((), "req_standin_1")
    assert came.usage is not None


@pytest.mark.parametrize("late", [b"", b"data: {{{\n\n", b'data: {"error": {"message": "x"}}\n\n'])
async def test_the_pictures_before_a_fault_are_delivered_with_a_note(late: bytes) -> None:
    async with streaming(completed(TEAL), late or TELLING, ends=False) as url:
        came = await answer(url, n=2, partial_images=1)
    assert [each.image for each in came.images] == [TEAL]
    assert came.notes == ("OpenAI's stream broke off after 1 of 2 images.",)


HALF = completed(PLUM)[:200]


@pytest.mark.parametrize("ends", [True, False])
async def test_half_of_an_event_is_kept(ends: bool) -> None:
    async with streaming(HALF, ends=ends) as url:
        with pytest.raises(OutcomeUnknown) as broken:
            await asked(url, partial_images=1)
    assert b"".join(broken.value.raw_remainder) == (HALF.removeprefix(b"data: ") if ends else HALF)


async def test_half_of_an_event_is_kept_beside_the_pictures_before_it() -> None:
    async with streaming(completed(TEAL), HALF, ends=False) as url:
        came = await answer(url, n=2, partial_images=1)
    assert [each.image for each in came.images] == [TEAL]
    assert came.undecodable == (HALF,)


async def test_an_endless_event_takes_away_no_picture_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 10 * len(completed(TEAL)))
    endless = b"data: " + bytes(reply_buffer.MAX_REPLY_BYTES)
    async with streaming(completed(TEAL), endless, ends=False) as url:
        came = await answer(url, n=2, partial_images=1)
    assert [each.image for each in came.images] == [TEAL]
    assert came.notes == ("OpenAI's stream broke off after 1 of 2 images.",)


@pytest.mark.parametrize("late", [b"", b"data: {{{\n\n", b"data: %s\n\n" % (b"[" * 100_000)])
async def test_a_fault_before_any_picture_leaves_the_outcome_unknown(late: bytes) -> None:
    async with streaming(late or TELLING, ends=False) as url:
        with pytest.raises(OutcomeUnknown):
            await asked(url, partial_images=1)


async def test_a_refusal_within_the_stream_stays_one(openai_api: StandIn) -> None:
    openai_api.script(faults.stream_error(1, code="moderation_blocked"))
    with pytest.raises(ContentRefused):
        await asked(openai_api.base_url, partial_images=2)


@pytest.mark.parametrize(
    ("told", "sum_"),
    [
        (
            [usage(5, 100), usage(5, 90)],
            Usage(text_tokens_in=10, image_tokens_in=0, tokens_out=190),
        ),
        ([usage(5, 100), None], Usage(text_tokens_in=5, image_tokens_in=0, tokens_out=100)),
        ([None, "a lot"], None),
    ],
)
async def test_the_usages_of_all_pictures_are_added(told: list[object], sum_: Usage | None) -> None:
    events = [completed(image, usage=each) for image, each in zip((TEAL, PLUM), told, strict=True)]
    async with streaming(*events) as url:
        came = await answer(url, n=2, partial_images=1)
    assert [each.image for each in came.images] == [TEAL, PLUM]
    assert came.usage == sum_
    assert came.notes == ()


async def test_a_whole_reply_to_an_order_for_a_stream_is_read_as_one(openai_api: StandIn) -> None:
    openai_api.script(stream_faults.not_streamed())
    came = await answer(openai_api.base_url, partial_images=2)
    assert (came.images[0].image.digest,) == openai_api.ledger[0].digests
    assert came.usage is not None


async def test_a_last_event_without_a_picture_is_kept_as_rubbish(openai_api: StandIn) -> None:
    openai_api.script(faults.null_image())
    came = await answer(openai_api.base_url, partial_images=1)
    assert came.images == ()
    (event,) = loads(came.undecodable[0])
    assert (event["type"], event["b64_json"]) == ("image_generation.completed", None)


async def test_a_page_instead_of_a_stream_is_kept_as_rubbish(openai_api: StandIn) -> None:
    openai_api.script(faults.html_page())
    came = await answer(openai_api.base_url, partial_images=2)
    assert came.images == ()
    assert came.undecodable[0].startswith(b"<!DOCTYPE html>")


ODD = ('"hello"', "[1]", "null", "7", '{"x": 1}', '{"type": 5}', '{"type": ["completed"]}')


async def test_events_of_other_shapes_are_passed_over(openai_api: StandIn) -> None:
    picture = {
        "type": "image_generation.completed",
        "b64_json": b64encode(TEAL.data).decode(),
        "usage": [1],
    }
    openai_api.script(stream_faults.events(*ODD, dumps(picture)))
    came = await answer(openai_api.base_url, partial_images=1)
    assert [each.image for each in came.images] == [TEAL]


async def test_a_stream_without_a_picture_leaves_the_outcome_unknown(openai_api: StandIn) -> None:
    openai_api.script(stream_faults.events(*ODD))
    with pytest.raises(OutcomeUnknown, match="ended before"):
        await asked(openai_api.base_url, partial_images=1)


@pytest.mark.parametrize("index", [None, "first", -1, True, 1])
async def test_previews_are_counted_where_they_tell_no_number(
    openai_api: StandIn, index: object
) -> None:
    text = b64encode(PLUM.data).decode()
    preview = {"type": "image_generation.partial_image", "b64_json": text}
    openai_api.script(
        stream_faults.events(
            dumps({**preview, "partial_image_index": 0}),
            dumps({**preview, "partial_image_index": index}),
            dumps({"type": "image_generation.completed", "b64_json": text}),
        )
    )
    *previews, _ = await asked(openai_api.base_url, partial_images=2)
    assert [getattr(preview, "index", None) for preview in previews] == [0, 1]
