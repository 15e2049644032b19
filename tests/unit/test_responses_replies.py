"""What the provider makes of the Responses API's replies: images, errors, and streams that end."""

from json import dumps
from typing import Any

import pytest

from adapters.openai.replies.base64_text import encode_base64
from adapters.openai.responses import response_format
from application.ports.image_provider import Delivered, PartialImage
from application.safeguards.archiving import Archiving
from domain.jobs import JobState
from domain.provider_errors import (
    BadProviderReply,
    OutcomeUnknown,
)
from domain.requests import GenerateRequest
from tests.standin import (
    Fault,
    StandIn,
    body_faults,
    faults,
    raw_faults,
    stream_faults,
)
from tests.testkit.fakes import MemoryImageStore, MemoryJobRepository, job_for, small_image
from tests.unit.openai_help import streaming
from tests.unit.responses_help import MODEL, card_of, delivered, provider_at, response_events

pytestmark = pytest.mark.anyio
TEAL, PLUM = small_image("teal", (64, 64)), small_image("plum", (64, 64))
BOTH_WAYS = pytest.mark.parametrize("partials", [0, 2], ids=["json", "stream"])
USAGE = {
    "usage": {"input_tokens": 100, "output_tokens": 10},
    "tool_usage": {"image_gen": {"input_tokens": 5, "output_tokens": 50}},
}


def call(result: object = None, **fields: object) -> dict[str, Any]:
    """An item of the output with an image."""
    text = encode_base64(TEAL.data) if result is None else result
    return {"type": "image_generation_call", "id": "ig_1", "result": text, **fields}


def response(*output: object, **fields: object) -> dict[str, Any]:
    """A response object."""
    return {"id": "resp_1", "status": "completed", "output": [*output], **USAGE, **fields}


def event(kind: str, **fields: object) -> bytes:
    """An event of a response's stream."""
    return b"data: %s\n\n" % dumps({"type": f"response.{kind}", **fields}).encode()


CREATED = event("created", response={"id": "resp_1", "status": "in_progress", "output": []})
PREVIEW = event(
    "image_generation_call.partial_image",
    partial_image_b64=encode_base64(PLUM.data),
    partial_image_index=0,
)
DONE = event("output_item.done", item=call(revised_prompt="a teal square"))
COMPLETED = event("completed", response=response(call()))


@BOTH_WAYS
async def test_the_image_comes_with_its_prompt_its_response_and_both_usages(
    openai_api: StandIn, partials: int
) -> None:
    openai_api.script(faults.revised_prompt("a red bridge at dusk"))
    made = await delivered(openai_api.base_url, partial_images=partials)
    assert (made.images[0].image.digest,) == openai_api.ledger[0].digests
    assert made.revised_prompt == "a red bridge at dusk"
    assert made.request_id == "req_standin_1"
    assert made.continuation == "resp_standin_1"
    assert made.usage is not None
    assert made.usage.mainline is not None


async def test_an_image_that_comes_twice_in_a_stream_is_one_image() -> None:
    async with streaming(CREATED, PREVIEW, DONE, COMPLETED) as url:
        preview, last = await response_events(url, partial_images=1)
    assert isinstance(preview, PartialImage)
    assert preview.image == PLUM
    assert isinstance(last, Delivered)
    assert [each.image for each in last.images] == [TEAL]
    assert last.undecodable == ()


async def test_an_image_in_the_last_event_alone_is_taken_from_there() -> None:
    async with streaming(CREATED, COMPLETED) as url:
        made = await delivered(url, partial_images=1)
    assert [each.image for each in made.images] == [TEAL]
    assert (made.continuation, made.notes) == ("resp_1", ())


@pytest.mark.parametrize("late", [b"", b"data: {{{\n\n", b'data: {"error": {"message": "x"}}\n\n'])
async def test_a_stream_that_breaks_off_after_the_image_delivers_it_at_an_unknown_cost(
    late: bytes,
) -> None:
    async with streaming(CREATED, DONE, late or PREVIEW, ends=False) as url:
        made = await delivered(url, partial_images=1)
    assert [each.image for each in made.images] == [TEAL]
    assert (made.usage, made.continuation) == (None, None)
    assert made.revised_prompt == "a teal square"
    assert "cost is unknown" in made.notes[0]


async def test_a_stream_that_falls_silent_after_the_image_is_not_awaited_for_long(
    openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_format, "SECONDS_AFTER_IMAGE", 0.05)
    openai_api.script(raw_faults.stream(CREATED, DONE, endless=b""))
    url = openai_api.base_url
    made = await delivered(url, partial_images=1, seconds=600, deadline=600)
    assert [each.image for each in made.images] == [TEAL]


async def test_nothing_after_the_last_event_is_awaited(openai_api: StandIn) -> None:
    openai_api.script(stream_faults.held_open())
    made = await delivered(openai_api.base_url, partial_images=1, seconds=600, deadline=600)
    assert made.usage is not None


@pytest.mark.parametrize("partials", [0, 1, 2])
async def test_a_cut_before_the_image_leaves_the_outcome_unknown_and_keeps_the_previews(
    openai_api: StandIn, partials: int
) -> None:
    openai_api.script(faults.stream_cut_after(partials))
    records = MemoryJobRepository()
    request = GenerateRequest(prompt="a red bridge", model=MODEL, partial_images=2)
    async with provider_at(openai_api.base_url) as provider:
        archiving = Archiving(provider, MemoryImageStore(), records)
        with pytest.raises(OutcomeUnknown) as broken:
            async for _ in archiving.generate(job_for(request, card=card_of())):
                pass
    assert records.history[-1].state is JobState.UNKNOWN
    assert len(broken.value.quarantined) == min(1, partials)
    assert len(openai_api.posts) == 1


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
async def test_a_json_reply_that_is_cut_is_kept_as_far_as_it_came(
    openai_api: StandIn, at: float
) -> None:
    openai_api.script(faults.reply_cut(at))
    with pytest.raises(OutcomeUnknown) as broken:
        await delivered(openai_api.base_url)
    assert broken.value.raw_remainder[0].startswith(b'{"id": "resp_standin_1"')


@BOTH_WAYS
@pytest.mark.parametrize("fault", [faults.null_image(), faults.broken_base64()])
async def test_a_result_that_is_no_image_is_kept(
    openai_api: StandIn, fault: Fault, partials: int
) -> None:
    openai_api.script(fault)
    try:
        made = await delivered(openai_api.base_url, partial_images=partials)
    except BadProviderReply as bad:
        assert bad.raw_remainder  # noqa: PT017 - either is right: see the next line
    else:
        assert made.images == ()
        assert made.undecodable


async def test_a_reply_of_another_shape_is_still_searched_for_images(openai_api: StandIn) -> None:
    openai_api.script(raw_faults.page({"data": [{"b64_json": encode_base64(TEAL.data)}]}))
    made = await delivered(openai_api.base_url)
    assert [each.image for each in made.images] == [TEAL]
    assert card_of().cost(made.usage) is None


@pytest.mark.parametrize(
    "output",
    [
        [],
        [None],
        ["text"],
        [{"type": "image_generation_call"}],
        [{"type": "image_generation_call", "result": 5, "error": None}],
        [{"type": "message", "content": None}],
        [{"type": "message", "content": [None, 5, {"text": 7}]}],
        [[["deep"]]],
    ],
)
async def test_an_odd_output_is_a_reply_without_an_image(
    openai_api: StandIn, output: list[object]
) -> None:
    openai_api.script(raw_faults.page(response(*output)))
    with pytest.raises(BadProviderReply) as bad:
        await delivered(openai_api.base_url)
    assert bad.value.raw_remainder


async def test_two_calls_are_two_images(openai_api: StandIn) -> None:
    second = call(encode_base64(PLUM.data), id="ig_2")
    openai_api.script(raw_faults.page(response(call(), second)))
    made = await delivered(openai_api.base_url)
    assert [each.image for each in made.images] == [TEAL, PLUM]


async def test_a_reply_without_an_end_is_bounded(openai_api: StandIn) -> None:
    openai_api.script(body_faults.endless(150))
    with pytest.raises(BadProviderReply, match="too many for images"):
        await delivered(openai_api.base_url, seconds=30)
