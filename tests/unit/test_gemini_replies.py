"""What becomes of interactions: images, refusals that cost, work that is resumed."""

from contextlib import aclosing

import pytest

from adapters.gemini.provider import StoredGeminiImages
from application.ports.image_provider import Accepted, Delivered, PartialImage, StreamEvent
from domain import provider_errors as errors
from domain.requests import GenerateRequest
from tests.standin import faults, raw_faults
from tests.standin.faults import Fault
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.standin.gemini.gemini_faults import page, refused
from tests.testkit.fakes import job_for
from tests.unit.gemini_help import (
    MODEL,
    card_of,
    gemini_at,
    gemini_delivered,
    gemini_events,
    handle_in,
)

pytestmark = pytest.mark.anyio


async def test_a_delivery_has_the_image_its_tokens_and_the_interaction(
    gemini_api: GeminiStandIn,
) -> None:
    accepted, last = await gemini_events(gemini_api.base_url)
    assert isinstance(accepted, Accepted)
    assert isinstance(last, Delivered)
    (charge,) = gemini_api.ledger
    assert tuple(made.image.digest for made in last.images) == charge.digests
    assert last.usage is not None
    assert last.usage.mainline is not None
    assert (last.usage.tokens_out, last.usage.mainline.tokens_out) == (1120, 200)
    assert last.request_id == last.continuation == accepted.handle


@pytest.mark.parametrize("store", [True, False])
async def test_a_reply_without_token_counts_costs_an_unknown_amount(
    store: bool, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(GeminiFault(usage=False))
    last = await gemini_delivered(gemini_api.base_url, options={"store": store})
    assert last.usage is None
    assert last.notes == ("The reply has no token counts, so the cost is unknown.",)


@pytest.mark.parametrize("store", [True, False])
async def test_a_blocked_image_is_a_refusal_that_says_what_it_cost(
    store: bool, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(GeminiFault(outcome="blocked", thoughts=240))
    with pytest.raises(errors.ContentRefused) as refusal:
        await gemini_events(gemini_api.base_url, options={"store": store})
    error = refusal.value
    assert (error.stage, error.charged) == ("output", "yes")
    assert "rejected the generated image" in error.message
    assert "The call used 243 tokens, for $0.002." in error.message
    assert error.usage is not None
    assert card_of().cost(error.usage) is not None


async def test_a_blocked_image_without_token_counts_may_have_cost_something(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script(GeminiFault(outcome="blocked", usage=False))
    with pytest.raises(errors.ContentRefused) as refusal:
        await gemini_events(gemini_api.base_url)
    assert (refusal.value.charged, refusal.value.usage) == ("maybe", None)


async def test_words_instead_of_an_image_are_quoted(gemini_api: GeminiStandIn) -> None:
    gemini_api.script(GeminiFault(outcome="words", words="Which bridge do you mean?"))
    with pytest.raises(errors.BadProviderReply) as raised:
        await gemini_events(gemini_api.base_url)
    assert "words instead of an image: “Which bridge do you mean?”" in raised.value.message
    assert raised.value.charged == "yes"
    assert b"Which bridge" in raised.value.raw_remainder[0]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (GeminiFault(outcome="failed"), "The model is overloaded."),
        (GeminiFault(outcome="nothing"), "sent no image (status completed)"),
        (GeminiFault(outcome="link"), "sent a link"),
    ],
)
async def test_an_interaction_without_an_image_says_why(
    fault: GeminiFault, words: str, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(fault)
    with pytest.raises(errors.BadProviderReply) as raised:
        await gemini_events(gemini_api.base_url)
    assert words in raised.value.message
    assert raised.value.charged == "yes"
    assert bool(raised.value.links) == (fault.outcome == "link")


async def test_an_image_that_is_no_base64_goes_to_the_quarantine(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script(GeminiFault(data="broken"))
    last = await gemini_delivered(gemini_api.base_url)
    assert last.images == ()
    assert len(last.undecodable) == 1


async def test_a_preview_that_asks_for_no_stream_is_not_paid_twice(
    gemini_api: GeminiStandIn,
) -> None:
    await gemini_events(gemini_api.base_url, partial_images=2)
    assert len(gemini_api.ledger) == 1
    assert [call.method for call in gemini_api.calls] == ["POST", "GET"]


async def test_a_stream_that_breaks_off_goes_on_from_its_last_event(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script_reads(GeminiFault(ending="cut", at=0.4), GeminiFault(ending="cut", at=0.3))
    events = await gemini_events(gemini_api.base_url, partial_images=2)
    kinds = [Accepted, PartialImage, PartialImage, Delivered]
    assert [type(event) for event in events] == kinds
    previews = [event.image.digest for event in events if isinstance(event, PartialImage)]
    assert len({*previews}) == 2
    assert len(gemini_api.ledger) == 1
    assert len(gemini_api.calls) >= 3


async def test_without_a_stream_the_image_comes_all_the_same(gemini_api: GeminiStandIn) -> None:
    gemini_api.script_reads(refused(400, "invalid_request", "No stream of this model."))
    accepted, last = await gemini_events(gemini_api.base_url, partial_images=2)
    assert isinstance(accepted, Accepted)
    assert isinstance(last, Delivered)
    assert "2 previews requested, 0 came" in last.notes[0]


@pytest.mark.parametrize(
    "fault",
    [
        faults.reset_before_reply(),
        faults.reply_cut(),
        refused(503, "unavailable", "Overloaded."),
        refused(429, "rate_limit_exceeded", "Slow.", headers={"Retry-After": "0"}),
    ],
)
async def test_a_question_without_an_answer_is_asked_again_and_the_request_is_not(
    fault: Fault, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script_reads(fault, fault)
    last = await gemini_delivered(gemini_api.base_url)
    assert last.images
    assert len(gemini_api.posts) == len(gemini_api.ledger) == 1


@pytest.mark.parametrize(
    ("fault", "questions"),
    [
        (refused(503, "unavailable", "Overloaded."), 5),
        (refused(429, "rate_limit_exceeded", "Slow.", headers={"Retry-After": "0"}), 5),
        (refused(401, "authentication", "Bad key."), 1),
        (page(404), 1),
    ],
)
async def test_work_that_was_accepted_is_only_ever_of_unknown_outcome(
    fault: Fault, questions: int, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script_reads(*[fault] * 9)
    events = list[StreamEvent]()
    with pytest.raises(errors.OutcomeUnknown) as unknown:
        await gemini_events(gemini_api.base_url, events=events)
    assert handle_in(events) in unknown.value.message
    assert unknown.value.charged == "maybe"
    assert len([call for call in gemini_api.calls if call.method == "GET"]) == questions


async def test_an_interaction_that_takes_longer_than_a_call_may_is_left_to_be_resumed(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script(GeminiFault(delay=3))
    events = list[StreamEvent]()
    with pytest.raises(errors.ProviderTimedOut, match="Interaction v1_standin_1 can be read"):
        await gemini_events(gemini_api.base_url, events=events, options={"deadline": 1.5})
    resumed = await resume(gemini_api, handle_in(events))
    assert isinstance(resumed[-1], Delivered)
    assert len(gemini_api.ledger) == 1


async def resume(api: GeminiStandIn, handle: str) -> list[StreamEvent]:
    """The events of the work, as a process reads it that knows nothing but the handle."""
    request = GenerateRequest(prompt="a red bridge", model=MODEL)
    async with gemini_at(api.base_url) as provider:
        assert isinstance(provider, StoredGeminiImages)
        job = job_for(request, card=card_of())
        async with aclosing(provider.resume(job, handle)) as stream:
            return [event async for event in stream]


@pytest.mark.parametrize("handle", ["", "..", "a/b", "v1_a?stream=true", "v1 a", "x" * 2001])
async def test_a_handle_that_is_no_name_of_an_interaction_is_never_sent(
    handle: str, gemini_api: GeminiStandIn
) -> None:
    with pytest.raises(errors.WorkLost):
        await resume(gemini_api, handle)
    assert gemini_api.calls == []


async def test_work_that_google_has_forgotten_is_of_unknown_outcome(
    gemini_api: GeminiStandIn,
) -> None:
    handle = handle_in(await gemini_events(gemini_api.base_url))
    gemini_api.forget_interactions()
    before = len(gemini_api.calls)
    with pytest.raises(errors.WorkLost, match="or no longer"):
        await resume(gemini_api, handle)
    assert len(gemini_api.calls) == before + 1


async def test_an_interaction_that_is_over_at_once_needs_no_handle(
    gemini_api: GeminiStandIn,
) -> None:
    text = "iVBORw0KGgo="
    steps = [{"type": "model_output", "content": [{"type": "image", "data": text}]}]
    gemini_api.script(raw_faults.page({"id": "v1_a", "status": "completed", "steps": steps}))
    (last,) = await gemini_events(gemini_api.base_url)
    assert isinstance(last, Delivered)
    assert last.continuation == "v1_a"


async def test_a_reply_without_end_is_bounded(
    gemini_api: GeminiStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.gemini.gemini_connection.MAX_REPLY_BYTES", 10_000)
    endless = raw_faults.raw(raw_faults.head(200), endless=b" " * 5_000, pause=0.001)
    gemini_api.script(endless)
    with pytest.raises(errors.BadProviderReply, match="too many for an image"):
        await gemini_events(gemini_api.base_url, options={"store": False})


async def test_a_stream_without_end_is_bounded_by_the_deadline_of_the_call(
    gemini_api: GeminiStandIn,
) -> None:
    drip = raw_faults.stream(endless=b": still working\n\n")
    gemini_api.script_reads(drip)
    with pytest.raises(errors.OutcomeUnknown):
        await gemini_events(gemini_api.base_url, partial_images=1, options={"deadline": 2})
    assert len(gemini_api.ledger) == 1


async def test_a_reply_that_invites_to_continue_sends_no_second_request(
    gemini_api: GeminiStandIn,
) -> None:
    invitation = {"id": "v1_a", "status": "requires_continuation", "continuation_token": "t_1"}
    gemini_api.script(raw_faults.page({**invitation, "steps": []}))
    with pytest.raises(errors.BadProviderReply, match="requires_continuation"):
        await gemini_events(gemini_api.base_url, options={"store": False})
    assert len(gemini_api.posts) == 1
