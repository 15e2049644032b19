"""Responses in the background: a handle first, and an image however often the connection breaks."""

import asyncio
from contextlib import aclosing

import pytest

from adapters.openai.replies.base64_text import encode_base64
from adapters.openai.responses.background import Pace
from adapters.openai.responses.provider import OpenAIResponses
from application.ports.image_provider import (
    Accepted,
    Delivered,
    PartialImage,
    ResumableProvider,
)
from domain.errors import ChargeStatus
from domain.provider_errors import (
    BadProviderReply,
    ContentRefused,
    ProviderError,
    RequestRefused,
)
from tests.standin import (
    Fault,
    StandIn,
    faults,
    raw_faults,
    response_faults,
)
from tests.testkit.fakes import PNG
from tests.unit.background_help import BOTH_WAYS, check_image, job, provider, read
from tests.unit.responses_help import provider_at

__all__ = ["provider"]
pytestmark = pytest.mark.anyio


@BOTH_WAYS
async def test_the_request_is_stored_and_runs_in_the_background(
    openai_api: StandIn, provider: OpenAIResponses, partials: int
) -> None:
    first, *previews, last = await read(provider.generate(job(partials)))
    (call,) = openai_api.posts
    assert (call.fields["background"], call.fields["store"]) == (True, True)
    assert call.fields.get("stream", False) is bool(partials)
    assert first == Accepted(handle="resp_standin_1")
    assert [type(event) for event in previews] == [PartialImage] * partials
    check_image(openai_api, [last])


@BOTH_WAYS
async def test_the_handle_comes_long_before_the_image(openai_api: StandIn, partials: int) -> None:
    openai_api.default = faults.slow(600)
    async with (
        provider_at(openai_api.base_url, in_background=True) as provider,
        aclosing(provider.generate(job(partials))) as events,
        asyncio.timeout(20),
    ):
        assert isinstance(await anext(events), Accepted)


BREAKS = {
    "before any preview": faults.stream_cut_after(0, delay=0.2),
    "after a preview": faults.stream_cut_after(1, delay=0.2),
    "an error event": faults.stream_error(1, delay=0.2),
    "half an event": Fault(page="malformed", delay=0.2),
    "not streamed": Fault(page="unstreamed", delay=0.2),
}


@pytest.mark.parametrize("fault", BREAKS.values(), ids=[*BREAKS])
async def test_a_stream_that_breaks_off_is_read_on_from_its_last_event(
    openai_api: StandIn, provider: OpenAIResponses, fault: Fault
) -> None:
    openai_api.script(fault)
    first, *previews, last = await read(provider.generate(job(3)))
    assert isinstance(first, Accepted)
    indexes = [event.index for event in previews if isinstance(event, PartialImage)]
    assert indexes == sorted(set(indexes))
    check_image(openai_api, [last])
    assert len(openai_api.posts) == 1


async def test_the_events_after_a_cut_are_asked_for_by_their_number(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    openai_api.script(faults.stream_cut_after(1, delay=2))
    events = await read(provider.generate(job(3)))
    indexes = [event.index for event in events if isinstance(event, PartialImage)]
    assert indexes == [0, 1, 2]
    (streamed,) = [call for call in openai_api.calls if "starting_after" in call.query]
    # 0 created, 1 queued, 2 in progress, 3 added, 4 in progress, 5 generating, 6 the first preview
    assert (streamed.query["starting_after"], streamed.query["stream"]) == ("6", "true")


async def test_a_stream_that_cannot_be_read_again_is_polled(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    openai_api.script(faults.stream_cut_after(1, delay=2))
    openai_api.script_reads(faults.normal(), faults.status(400))
    events = await read(provider.generate(job(3)))
    check_image(openai_api, events)
    assert [call for call in openai_api.calls if "stream" in call.query] == [openai_api.calls[2]]


def outcomes() -> dict[str, tuple[Fault, type[ProviderError], ChargeStatus]]:
    """The ways in which a response ends without an image."""
    yes, maybe = ChargeStatus.YES, ChargeStatus.MAYBE
    return {
        "words": (response_faults.text_only(), BadProviderReply, yes),
        "incomplete": (response_faults.incomplete(), BadProviderReply, yes),
        "filtered": (response_faults.incomplete("content_filter"), ContentRefused, yes),
        "failed": (response_faults.failed(), BadProviderReply, yes),
        "failed by a limit": (
            response_faults.failed("rate_limit_exceeded", "Rate limit reached."),
            BadProviderReply,
            yes,
        ),
        "moderated": (response_faults.call_moderated(), ContentRefused, yes),
        "without counts": (
            response_faults.ResponseFault(data="none", count=0, omits=("usage", "tool_usage")),
            BadProviderReply,
            maybe,
        ),
    }


@BOTH_WAYS
@pytest.mark.parametrize(("fault", "error", "charged"), outcomes().values(), ids=[*outcomes()])
async def test_every_end_without_an_image_is_the_same_error_when_it_is_read_again(
    openai_api: StandIn,
    provider: OpenAIResponses,
    fault: Fault,
    error: type[ProviderError],
    charged: ChargeStatus,
    partials: int,
) -> None:
    openai_api.script(fault)
    with pytest.raises(error) as first:
        await read(provider.generate(job(partials)))
    with pytest.raises(error) as again:
        await read(provider.resume(job(), "resp_standin_1"))
    assert [each.value.charged for each in (first, again)] == [charged] * 2
    assert first.value.message == again.value.message
    assert first.value.usage == again.value.usage


@BOTH_WAYS
async def test_a_response_that_was_canceled_at_the_service_may_be_charged(
    openai_api: StandIn, partials: int
) -> None:
    openai_api.default = faults.slow(60)
    async with provider_at(openai_api.base_url, in_background=True) as provider:
        async with aclosing(provider.generate(job(partials))) as events:
            await anext(events)
        connection = provider._connection
        assert connection.client is not None
        await connection.client.responses.cancel("resp_standin_1")
        with pytest.raises(BadProviderReply, match="was canceled at") as raised:
            await read(provider.resume(job(partials), "resp_standin_1"))
    assert raised.value.charged is ChargeStatus.MAYBE


@BOTH_WAYS
async def test_closing_the_stream_cancels_nothing_at_the_service(
    openai_api: StandIn, provider: OpenAIResponses, partials: int
) -> None:
    async with aclosing(provider.generate(job(partials))) as events:
        await anext(events)
    assert [call.path for call in openai_api.posts] == ["/v1/responses"]
    check_image(openai_api, await read(provider.resume(job(partials), "resp_standin_1")))


async def test_the_token_counts_of_an_image_that_came_before_a_cut_are_read(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    openai_api.script(Fault(ending="cut", at=0.8))  # behind the image, before the last event
    events = await read(provider.generate(job(1)))
    check_image(openai_api, events)
    assert sum(isinstance(event, Delivered) for event in events) == 1


async def test_an_image_that_came_is_delivered_though_nothing_more_can_be_read(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    openai_api.script(Fault(ending="cut", at=0.8))
    openai_api.script_reads(*[faults.status(500)] * 20)
    *_, last = await read(provider.generate(job(1)))
    assert isinstance(last, Delivered)
    assert (last.images[0].image.digest,) == openai_api.ledger[0].digests
    assert last.usage is None
    assert "cost is unknown" in last.notes[0]


async def test_an_image_of_a_response_that_goes_on_is_not_the_end(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    item = {"type": "image_generation_call", "result": encode_base64(PNG.data)}
    going_on = {"id": "resp_standin_1", "status": "in_progress", "output": [item]}
    openai_api.script_reads(raw_faults.page(going_on))
    check_image(openai_api, await read(provider.generate(job())))


async def test_an_endpoint_that_ignores_the_parameter_delivers_without_a_handle(
    openai_api: StandIn,
) -> None:
    openai_api.default = faults.slow(0)
    async with provider_at(openai_api.base_url, in_background=False) as plain:
        (made,) = await read(plain.generate(job()))
    assert isinstance(made, Delivered)
    item = {"type": "image_generation_call", "result": "iVBORw0KGgo="}
    whole = {"id": "resp_1", "status": "completed", "output": [item]}
    openai_api.script(raw_faults.page(whole))
    async with provider_at(openai_api.base_url, in_background=True) as provider:
        events = await read(provider.generate(job()))
    assert [type(event) for event in events] == [Delivered]


async def test_an_endpoint_that_refuses_the_parameter_names_the_setting(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    refusal = {"message": "Unknown parameter: 'background'.", "code": "unknown_parameter"}
    openai_api.script(raw_faults.refusal({**refusal, "param": "background"}))
    with pytest.raises(RequestRefused) as raised:
        await read(provider.generate(job()))
    assert "RESPONSES_BACKGROUND=off" in raised.value.hint


@pytest.mark.parametrize(
    ("base_url", "store", "background", "expected"),
    [
        ("https://api.openai.com/v1", True, None, True),
        ("https://eu.api.openai.com/v1", True, None, True),
        ("https://api.openai.com/v1", False, None, False),
        ("https://api.openai.com/v1", True, False, False),
        ("https://gateway.example/v1", True, None, False),
        ("https://gateway.example/v1", True, True, True),
        ("https://gateway.example/v1", False, True, False),
    ],
)
async def test_the_background_is_automatic_where_it_is_known_to_work(
    base_url: str, store: bool, background: bool | None, expected: bool
) -> None:
    async with provider_at(base_url, store=store, in_background=background) as provider:
        assert provider.in_background is expected
        assert isinstance(provider, ResumableProvider)


def test_reads_become_rarer() -> None:
    pace, waits = Pace(), [1.0]
    for _ in range(8):
        waits.append(pace.after(waits[-1]))
    assert waits == sorted(waits)
    assert waits[-1] == pace.most
    assert sum(waits) > 15  # nine reads in the time of a usual image
