"""A response in the background that cannot be read: asked for again, or of unknown outcome."""

import asyncio
from contextlib import aclosing

import pytest

from adapters.openai.connection import Connection
from adapters.openai.responses.background import MAX_FAILURES, Pace
from adapters.openai.responses.provider import OpenAIResponses
from application.ports.image_provider import (
    Accepted,
)
from domain.errors import ChargeStatus
from domain.provider_errors import (
    OutcomeUnknown,
    ProviderError,
    ProviderTimedOut,
    ProviderUnreachable,
    WorkLost,
)
from tests.conftest import KEY
from tests.standin import (
    Fault,
    StandIn,
    body_faults,
    faults,
    raw_faults,
)
from tests.unit.background_help import BOTH_WAYS, NOWHERE, check_image, gets, job, provider, read
from tests.unit.responses_help import FAST, MAINLINE, provider_at

__all__ = ["provider"]
pytestmark = pytest.mark.anyio


READS = {
    "500": faults.status(500),
    "502 with a page": faults.status(502, body="<html><title>Bad gateway</title></html>"),
    "429": faults.rate_limited("0.01"),
    "cut": faults.reply_cut(0.5),
    "reset": faults.reset_before_reply(),
    "a page": faults.html_page(),
    "half a JSON": faults.malformed_json(),
    "nothing": faults.no_body(),
    "JSON of another kind": body_faults.garbage('{"ok": true}'),
    "an error with status 200": body_faults.garbage('{"error": {"message": "upstream"}}'),
    "a 404 at first": faults.status(404, message="Response with id 'x' not found."),
}


@BOTH_WAYS
@pytest.mark.parametrize("fault", READS.values(), ids=[*READS])
async def test_a_read_that_fails_is_repeated(
    openai_api: StandIn, provider: OpenAIResponses, fault: Fault, partials: int
) -> None:
    if partials:
        openai_api.script(faults.stream_cut_after(0, delay=0.1))
    openai_api.script_reads(fault, fault)
    events = await read(provider.generate(job(partials)))
    assert isinstance(events[0], Accepted)
    check_image(openai_api, events)
    assert gets(openai_api) > 2


@pytest.mark.parametrize("fault", [faults.status(500), faults.html_page(), faults.rate_limited()])
async def test_reads_that_keep_failing_leave_the_outcome_unknown(
    openai_api: StandIn, provider: OpenAIResponses, fault: Fault
) -> None:
    openai_api.script_reads(*[fault] * 20)
    with pytest.raises(OutcomeUnknown, match="could not be read") as raised:
        await read(provider.generate(job()))
    assert gets(openai_api) == MAX_FAILURES
    assert raised.value.charged is ChargeStatus.MAYBE
    assert "charged again" in raised.value.hint


@pytest.mark.parametrize(
    "fault", [faults.bad_key(), faults.status(403), faults.status(400), faults.quota_exhausted()]
)
async def test_a_refused_read_does_not_say_that_nothing_was_charged(
    openai_api: StandIn, provider: OpenAIResponses, fault: Fault
) -> None:
    openai_api.script_reads(*[fault] * 20)
    with pytest.raises(OutcomeUnknown) as raised:
        await read(provider.generate(job()))
    assert raised.value.charged is ChargeStatus.MAYBE


async def test_a_service_that_is_gone_after_it_accepted_is_not_unreachable() -> None:
    service = StandIn(default=faults.slow(60))
    service.__enter__()
    async with (
        provider_at(service.base_url, in_background=True) as provider,
        aclosing(provider.generate(job())) as events,
    ):
        assert isinstance(await anext(events), Accepted)
        await asyncio.to_thread(service.__exit__, None, None, None)
        with pytest.raises(OutcomeUnknown, match="could not be read"):
            await anext(events)
    async with provider_at(NOWHERE, in_background=True) as provider:
        with pytest.raises(OutcomeUnknown, match="could not be read"):
            await read(provider.resume(job(), "resp_standin_1"))


async def test_a_service_that_was_never_reached_was_sent_nothing() -> None:
    async with provider_at(NOWHERE, in_background=True) as provider:
        with pytest.raises(ProviderUnreachable):
            await read(provider.generate(job()))


@pytest.mark.parametrize("fault", [faults.reset_before_reply(), faults.html_page()])
async def test_without_a_handle_there_is_nothing_to_read(
    openai_api: StandIn, provider: OpenAIResponses, fault: Fault
) -> None:
    openai_api.script(fault)
    with pytest.raises(ProviderError) as raised:
        await anext(provider.generate(job(2)))
    assert raised.value.charged is ChargeStatus.MAYBE
    assert gets(openai_api) == 0


@BOTH_WAYS
async def test_a_response_that_is_late_can_be_resumed(openai_api: StandIn, partials: int) -> None:
    openai_api.default = faults.slow(0.8)
    url = openai_api.base_url
    async with provider_at(url, in_background=True, deadline=0.3) as hasty:
        with pytest.raises(ProviderTimedOut, match="it was in progress") as raised:
            await read(hasty.generate(job(partials)))
    assert raised.value.charged is ChargeStatus.MAYBE
    async with provider_at(url, in_background=True) as patient:
        check_image(openai_api, await read(patient.resume(job(), "resp_standin_1")))
    assert len(openai_api.posts) == 1


DRIP = raw_faults.raw(raw_faults.head(200, "content-type: application/json"), endless=b" ")


@pytest.mark.parametrize("fault", [DRIP, faults.hang()], ids=["drips", "hangs"])
async def test_a_read_without_an_end_ends_at_the_deadline_of_the_whole_call(
    openai_api: StandIn, fault: Fault
) -> None:
    openai_api.script_reads(fault)
    openai_api.default = faults.slow(60)
    slow, now = Pace(first=1.2), asyncio.get_running_loop().time
    connection = Connection(api_key=KEY, base_url=openai_api.base_url, timeout=9, deadline=2)
    provider = OpenAIResponses(connection, mainline=MAINLINE, background=True, pace=slow)
    began = now()
    with pytest.raises(ProviderTimedOut):
        await read(provider.generate(job()))
    await provider.close()
    assert now() - began < 2.9  # a deadline of its own would end the read after 3.2 s


async def test_a_handle_without_a_key_is_an_unknown_outcome() -> None:
    connection = Connection(api_key=None, base_url=NOWHERE, timeout=1, deadline=1)
    provider = OpenAIResponses(connection, mainline=MAINLINE, background=True, pace=FAST)
    with pytest.raises(OutcomeUnknown, match="OPENAI_API_KEY is not set"):
        await read(provider.resume(job(), "resp_1"))


async def test_a_response_that_is_gone_is_asked_for_once(
    openai_api: StandIn, provider: OpenAIResponses
) -> None:
    with pytest.raises(WorkLost, match="does not have the response"):
        await read(provider.resume(job(), "resp_gone"))
    assert gets(openai_api) == 1
