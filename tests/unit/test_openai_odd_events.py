"""An image in a stream is delivered, whatever the events around it are."""

from base64 import b64encode
from json import dumps

import pytest

from adapters.openai.replies import reply_buffer, sse_reader
from application.ports.image_provider import Delivered, PartialImage
from domain.provider_errors import OutcomeUnknown
from tests.unit.openai_help import (
    PLUM,
    TEAL,
    completed,
    generate,
    generate_events,
    preview,
    streaming,
)

pytestmark = pytest.mark.anyio
BASE64 = b64encode(TEAL.data).decode()
PING = b"data: ping\n\n"
UNPARSED = "could not be parsed"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"ping", id="a word"),
        pytest.param(b'{"type": "image_generation.par', id="truncated"),
        pytest.param(b"[" * 100_000, id="deeply nested"),
        pytest.param(b"[" + b"0," * 200_001 + b"0]", id="too many values"),
    ],
)
async def test_an_event_that_is_not_json_costs_no_image(data: bytes) -> None:
    async with streaming(b"data: %s\n\n" % data, preview(), completed(TEAL)) as url:
        before, delivered = await generate_events(url, partial_images=1)
    assert isinstance(before, PartialImage)
    assert isinstance(delivered, Delivered)
    assert [each.image for each in delivered.images] == [TEAL]
    assert (delivered.undecodable, delivered.notes) == ((data,), ())


async def test_events_that_are_not_json_are_kept_together() -> None:
    async with streaming(PING, completed(TEAL), b"data: {\n\n", completed(PLUM)) as url:
        delivered = await generate(url, n=2, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL, PLUM]
    assert delivered.undecodable == (b"ping\n{",)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(preview(), id="a preview"),
        pytest.param(b"data: [DONE]\n\n", id="done"),
        pytest.param(b'data: {"error": {"code": "moderation_blocked"}}\n\n', id="an error"),
    ],
)
async def test_without_an_image_after_it_such_an_event_is_the_error(
    after: bytes, ends: bool
) -> None:
    async with streaming(PING, after or b": x\n", ends=ends) as url:
        with pytest.raises(OutcomeUnknown, match=UNPARSED) as unknown:
            await generate_events(url, partial_images=1)
    assert unknown.value.raw_remainder[0].startswith(b"ping")


async def test_a_stream_of_such_events_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse_reader, "MAX_SKIPPED", 3)
    async with streaming(PING, PING, completed(TEAL)) as url:
        assert len((await generate(url, partial_images=1)).images) == 1
    async with streaming(PING, PING, PING, completed(TEAL)) as url:
        with pytest.raises(OutcomeUnknown, match=UNPARSED) as unknown:
            await generate_events(url, partial_images=1)
    assert unknown.value.raw_remainder == (b"ping\nping\nping",)


async def test_previews_do_not_lift_the_bound_of_such_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = b"data: %s\n\n" % (b"x" * 2 * len(preview()))
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", len(large) + 2 * len(preview()))
    monkeypatch.setattr(reply_buffer, "KEPT_BYTES", 50)
    async with streaming(large, preview(), large, preview(), completed(TEAL)) as url:
        with pytest.raises(OutcomeUnknown, match=UNPARSED) as unknown:
            await generate_events(url, partial_images=3)
    assert unknown.value.raw_remainder == (b"x" * 50,)


@pytest.mark.parametrize("named", [{}, {"type": None}, {"type": ""}, {"type": 5}])
async def test_the_kind_of_an_event_may_stand_outside_its_data(named: dict[str, object]) -> None:
    data = dumps({**named, "b64_json": BASE64}).encode()
    kinds = (b"image_generation.partial_image", b"image_edit.completed")
    async with streaming(*[b"event: %s\ndata: %s\n\n" % (kind, data) for kind in kinds]) as url:
        before, delivered = await generate_events(url, partial_images=1)
    assert isinstance(before, PartialImage)
    assert isinstance(delivered, Delivered)
    assert [each.image for each in delivered.images] == [TEAL]


async def test_the_type_in_the_data_outweighs_the_kind_of_the_event() -> None:
    kind = b"event: image_generation.completed\n"
    async with streaming(kind + preview(PLUM), completed(TEAL)) as url:
        delivered = await generate(url, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]


async def test_a_data_url_beside_broken_base64_is_the_image_of_an_event() -> None:
    fields = {"b64_json": "***", "url": f"data:image/png;base64,{BASE64}"}
    event = dumps({"type": "image_generation.completed", **fields}).encode()
    async with streaming(b"data: %s\n\n" % event) as url:
        delivered = await generate(url, partial_images=1)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.undecodable == (b"***",)
