"""An image that arrived in a stream is delivered, whatever happens to the stream."""

from base64 import b64encode
from json import dumps, loads

import pytest

from adapters.openai.replies import reply_buffer, sse_reader
from application.ports.image_provider import Delivered
from domain.errors import ChargeStatus
from domain.provider_errors import BadProviderReply, ContentRefused, OutcomeUnknown
from domain.results import Usage
from tests.standin import Fault, StandIn, faults, raw_faults, stream_faults
from tests.unit.openai_help import (
    PLUM,
    TEAL,
    completed,
    generate,
    generate_events,
    preview,
    streaming,
    usage,
)

pytestmark = pytest.mark.anyio
FOREVER = 600.0
"""Seconds, more than a test may take: a call that waits for its end fails, and load fails none."""
LATE = [
    pytest.param(stream_faults.cut_after_images(), id="cut"),
    pytest.param(stream_faults.held_open(), id="held open"),
    pytest.param(stream_faults.late_error(), id="error"),
]
UNDECODABLE_PREVIEW = b'data: {"type": "image_generation.partial_image", "b64_json": 5}\n\n'


@pytest.mark.parametrize("fault", LATE)
async def test_nothing_after_the_last_image_is_awaited(openai_api: StandIn, fault: Fault) -> None:
    openai_api.script(fault)
    url = openai_api.base_url
    delivered = await generate(url, seconds=FOREVER, deadline=FOREVER, partial_images=2)
    assert (delivered.images[0].image.digest,) == openai_api.ledger[0].digests
    assert (delivered.notes, delivered.request_id) == ((), "req_standin_1")
    assert delivered.usage is not None


@pytest.mark.parametrize("late", [b"", b"data: {{{\n\n", b'data: {"error": {"message": "x"}}\n\n'])
async def test_the_images_before_a_fault_are_delivered_with_a_note(late: bytes) -> None:
    async with streaming(completed(TEAL), late or UNDECODABLE_PREVIEW, ends=False) as url:
        delivered = await generate(url, n=2, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.notes == ("The stream broke off after 1 of 2 images.",)


HALF = completed(PLUM)[:200]


@pytest.mark.parametrize("ends", [True, False])
async def test_a_truncated_event_is_kept(ends: bool) -> None:
    async with streaming(HALF, ends=ends) as url:
        with pytest.raises(OutcomeUnknown) as broken:
            await generate_events(url, partial_images=1)
    assert b"".join(broken.value.raw_remainder) == (HALF.removeprefix(b"data: ") if ends else HALF)


async def test_a_truncated_event_is_kept_beside_earlier_images() -> None:
    async with streaming(completed(TEAL), HALF, ends=False) as url:
        delivered = await generate(url, n=2, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.undecodable == (HALF,)


async def test_earlier_images_survive_an_endless_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 10 * len(completed(TEAL)))
    endless = b"data: " + bytes(reply_buffer.MAX_REPLY_BYTES)
    async with streaming(completed(TEAL), endless, ends=False) as url:
        delivered = await generate(url, n=2, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.notes == ("The stream broke off after 1 of 2 images.",)


@pytest.mark.parametrize("late", [b"", b"data: {{{\n\n", b"data: %s\n\n" % (b"[" * 100_000)])
async def test_a_fault_before_any_image_leaves_the_outcome_unknown(late: bytes) -> None:
    async with streaming(late or UNDECODABLE_PREVIEW, ends=False) as url:
        with pytest.raises(OutcomeUnknown):
            await generate_events(url, partial_images=1)


async def test_a_refusal_within_a_stream_is_a_refusal(openai_api: StandIn) -> None:
    openai_api.script(faults.stream_error(1, code="moderation_blocked"))
    with pytest.raises(ContentRefused):
        await generate_events(openai_api.base_url, partial_images=2)


async def test_a_refusal_in_a_stream_that_stays_open_is_told_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse_reader, "SECONDS_AFTER_ERROR", 0.05)
    refusal = b'event: error\ndata: {"code": "moderation_blocked", "message": "No."}\n\n'
    async with streaming(refusal, ends=False) as url:
        with pytest.raises(ContentRefused) as refused:
            await generate_events(url, partial_images=1)
    assert refused.value.charged is ChargeStatus.NO


@pytest.mark.parametrize(
    ("usages", "sum_"),
    [
        (
            [usage(5, 100), usage(5, 90)],
            Usage(text_tokens_in=10, image_tokens_in=0, tokens_out=190),
        ),
        ([usage(5, 100), None], Usage(text_tokens_in=5, image_tokens_in=0, tokens_out=100)),
        ([None, "a lot"], None),
    ],
)
async def test_the_usage_of_all_images_is_added(usages: list[object], sum_: Usage | None) -> None:
    events = [
        completed(image, usage=each) for image, each in zip((TEAL, PLUM), usages, strict=True)
    ]
    async with streaming(*events) as url:
        delivered = await generate(url, n=2, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL, PLUM]
    assert delivered.usage == sum_
    assert delivered.notes == ()


async def test_a_json_reply_to_a_streaming_request_is_accepted(openai_api: StandIn) -> None:
    openai_api.script(stream_faults.not_streamed())
    delivered = await generate(openai_api.base_url, partial_images=2)
    assert (delivered.images[0].image.digest,) == openai_api.ledger[0].digests
    assert delivered.usage is not None


async def test_a_last_event_without_an_image_is_undecodable(openai_api: StandIn) -> None:
    openai_api.script(faults.null_image())
    delivered = await generate(openai_api.base_url, partial_images=1)
    assert delivered.images == ()
    (event,) = loads(delivered.undecodable[0])
    assert (event["type"], event["b64_json"]) == ("image_generation.completed", None)


async def test_a_page_instead_of_a_stream_is_kept_and_named(openai_api: StandIn) -> None:
    openai_api.script(faults.html_page())
    with pytest.raises(BadProviderReply, match="a page, “Welcome”") as bad:
        await generate(openai_api.base_url, partial_images=2)
    assert bad.value.raw_remainder[0].startswith(b"<!DOCTYPE html>")
    assert bad.value.charged is ChargeStatus.MAYBE


ODD = ('"hello"', "[1]", "null", "7", '{"x": 1}', '{"type": 5}', '{"type": ["completed"]}')


async def test_events_of_other_shapes_are_skipped(openai_api: StandIn) -> None:
    event = {
        "type": "image_generation.completed",
        "b64_json": b64encode(TEAL.data).decode(),
        "usage": [1],
    }
    openai_api.script(stream_faults.events(*ODD, dumps(event)))
    delivered = await generate(openai_api.base_url, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]


FLAT = {"code": "moderation_blocked", "message": "No."}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(b"data: %s\n\n" % dumps({"type": "error", **FLAT}).encode(), id="by type"),
        pytest.param(b"event: error\ndata: %s\n\n" % dumps(FLAT).encode(), id="by kind"),
    ],
)
async def test_an_error_without_an_inner_object_keeps_its_code(event: bytes) -> None:
    async with streaming(event) as url:
        with pytest.raises(ContentRefused) as refused:
            await generate_events(url, partial_images=1)
    assert refused.value.charged is ChargeStatus.NO


async def test_the_kind_of_an_event_does_not_outlive_it() -> None:
    async with streaming(b"event: error\ndata: {}\n\n", completed()) as url:
        delivered = await generate(url, partial_images=1)
    assert len(delivered.images) == 1


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(completed(), id="events"),
        pytest.param(b"\xef\xbb\xbf" + completed(), id="a BOM"),
        pytest.param(b": hello\n\nevent: x\n" + completed(), id="a comment"),
        pytest.param(b'{"data": [{"b64_json": "%s"}]}' % b64encode(TEAL.data), id="JSON"),
        pytest.param(b'{"data": [\n\n{"b64_json":\n"%s"}]}\n' % b64encode(TEAL.data), id="lines"),
    ],
)
async def test_a_reply_is_read_by_its_content_not_its_type(
    openai_api: StandIn, text: bytes, kind: str
) -> None:
    openai_api.script(raw_faults.body(text, kind=kind))
    delivered = await generate(openai_api.base_url, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.undecodable == ()


async def test_a_page_that_calls_itself_a_stream_is_kept(openai_api: StandIn) -> None:
    page = b"<html>\n<p>Sign in.\n</html>\n"
    openai_api.script(raw_faults.stream(page))
    with pytest.raises(OutcomeUnknown) as unknown:
        await generate_events(openai_api.base_url, partial_images=1)
    assert unknown.value.raw_remainder == (page,)


@pytest.mark.parametrize(
    "useless",
    [b": keep\n\n", b"\n", b"id: 1\n", b'data: {"type": "ping"}\n\n', b"data: x\n", b"x\n"],
)
async def test_bytes_that_become_no_image_are_bounded(
    openai_api: StandIn, monkeypatch: pytest.MonkeyPatch, useless: bytes
) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 10_000)
    openai_api.script(raw_faults.stream(completed(TEAL), endless=useless * 1000))
    delivered = await generate(openai_api.base_url, partial_images=1, n=2)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.notes == ("The stream broke off after 1 of 2 images.",)


async def test_previews_do_not_use_up_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 3 * len(preview()))
    async with streaming(*[preview()] * 3, *[completed(TEAL)] * 2) as url:
        *previews, delivered = await generate_events(url, partial_images=3, n=2)
    assert len(previews) == 3
    assert isinstance(delivered, Delivered)
    assert len(delivered.images) == 2


async def test_previews_beyond_the_number_requested_are_dropped() -> None:
    async with streaming(*[preview()] * 9, completed(TEAL)) as url:
        *previews, _ = await generate_events(url, partial_images=2)
    assert [getattr(each, "index", None) for each in previews] == [0, 1]


async def test_a_stream_without_an_image_leaves_the_outcome_unknown(openai_api: StandIn) -> None:
    openai_api.script(stream_faults.events(*ODD))
    with pytest.raises(OutcomeUnknown, match="ended before"):
        await generate_events(openai_api.base_url, partial_images=1)


@pytest.mark.parametrize("index", [None, "first", -1, True, 1, 2, 2**60])
async def test_previews_without_an_index_are_numbered(openai_api: StandIn, index: object) -> None:
    text = b64encode(PLUM.data).decode()
    preview = {"type": "image_generation.partial_image", "b64_json": text}
    openai_api.script(
        stream_faults.events(
            dumps({**preview, "partial_image_index": 0}),
            dumps({**preview, "partial_image_index": index}),
            dumps({"type": "image_generation.completed", "b64_json": text}),
        )
    )
    *previews, _ = await generate_events(openai_api.base_url, partial_images=2)
    assert [getattr(preview, "index", None) for preview in previews] == [0, 1]
