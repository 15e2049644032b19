"""The errors of the Responses API: which one a reply is, and what was charged all the same."""

from json import dumps

import pytest

from domain.errors import ChargeStatus
from domain.provider_errors import (
    BadProviderReply,
    ContentRefused,
    ConversationLost,
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
)
from tests.standin import (
    Fault,
    StandIn,
    faults,
    response_faults,
)
from tests.unit.openai_help import streaming
from tests.unit.responses_help import delivered

pytestmark = pytest.mark.anyio
BOTH_WAYS = pytest.mark.parametrize("partials", [0, 2], ids=["json", "stream"])


@BOTH_WAYS
@pytest.mark.parametrize("stage", ["input", "output", "unknown"])
async def test_an_image_call_that_moderation_blocked_is_a_refusal_with_its_categories(
    openai_api: StandIn, stage: str, partials: int
) -> None:
    openai_api.script(response_faults.call_moderated(stage, ("violence", "self-harm")))
    with pytest.raises(ContentRefused, match="violence, self-harm") as refused:
        await delivered(openai_api.base_url, partial_images=partials)
    assert refused.value.categories == ("violence", "self-harm")
    assert refused.value.stage == stage
    assert refused.value.charged is ChargeStatus.YES  # for the tokens of the mainline model
    assert "gpt-6-luna used" in refused.value.message


@BOTH_WAYS
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (response_faults.failed(), BadProviderReply, "could not generate the image: Something"),
        (
            response_faults.failed("image_content_policy_violation", "No."),
            ContentRefused,
            "moderation",
        ),
        (
            response_faults.failed("rate_limit_exceeded", "Slow down."),
            BadProviderReply,
            "Slow down",
        ),
        (response_faults.incomplete(), BadProviderReply, "because of max_output_tokens"),
        (response_faults.incomplete("content_filter"), ContentRefused, "stopped the response"),
        (response_faults.text_only("Words."), BadProviderReply, "words instead of an image"),
    ],
    ids=["failed", "policy", "rate limit", "too long", "filtered", "text"],
)
async def test_a_response_without_an_image_is_the_error_that_it_says(
    openai_api: StandIn, fault: Fault, kind: type[ProviderError], words: str, partials: int
) -> None:
    openai_api.script(fault)
    with pytest.raises(kind, match=words) as raised:
        await delivered(openai_api.base_url, partial_images=partials)
    assert raised.value.charged is ChargeStatus.YES
    assert raised.value.usage is not None
    assert raised.value.request_id == "req_standin_1"
    assert not isinstance(raised.value, OutcomeUnknown | RateLimited)


@pytest.mark.parametrize(
    ("fault", "kind", "charged"),
    [
        (faults.bad_key(), CredentialsRejected, "no"),
        (faults.rate_limited("7"), RateLimited, "no"),
        (faults.quota_exhausted(), QuotaExhausted, "no"),
        (faults.moderation_blocked(), ContentRefused, "no"),
        (faults.status(400, message="Unknown parameter: 'tools[0].size'."), RequestRefused, "no"),
        (faults.status(500), ProviderFailed, "maybe"),
        (faults.hang(), OutcomeUnknown, "maybe"),
        (faults.reset_before_reply(), OutcomeUnknown, "maybe"),
        (faults.html_page(), BadProviderReply, "maybe"),
        (
            faults.status(
                404,
                message="Previous response with id 'resp_1' not found.",
            ),
            ConversationLost,
            "no",
        ),
    ],
)
async def test_the_errors_of_the_endpoint_are_those_of_the_images_api(
    openai_api: StandIn, fault: Fault, kind: type[ProviderError], charged: str
) -> None:
    openai_api.script(fault)
    with pytest.raises(kind) as raised:
        await delivered(openai_api.base_url, seconds=0.5)
    assert raised.value.charged == charged
    assert len(openai_api.posts) == 1


async def test_half_a_json_text_is_kept_as_a_whole(openai_api: StandIn) -> None:
    openai_api.script(faults.malformed_json())
    made = await delivered(openai_api.base_url)
    assert (made.images, len(made.undecodable)) == ((), 1)


async def test_an_unknown_option_of_the_tool_is_named(openai_api: StandIn) -> None:
    openai_api.script(faults.status(400, message="Unknown parameter: 'tools[0].quality'."))
    with pytest.raises(RequestRefused, match="does not take quality") as refused:
        await delivered(openai_api.base_url)
    assert refused.value.hint == "Ask for the quality auto, or choose another model."


async def test_an_address_without_the_api_is_named_as_such(openai_api: StandIn) -> None:
    openai_api.script(faults.status(404, error_code="unknown_url", message="Invalid URL"))
    with pytest.raises(RequestRefused, match="There is no Responses API at http"):
        await delivered(openai_api.base_url)


async def test_an_error_after_the_previews_keeps_what_is_known(openai_api: StandIn) -> None:
    openai_api.script(faults.stream_error(1, code="moderation_blocked"))
    with pytest.raises(ContentRefused):
        await delivered(openai_api.base_url, partial_images=2)


async def test_a_conversation_that_is_lost_within_a_stream_is_lost() -> None:
    lost = {"type": "error", "code": "previous_response_not_found", "message": "missing"}
    async with streaming(b"data: %s\n\n" % dumps(lost).encode()) as url:
        with pytest.raises(ConversationLost):
            await delivered(url, partial_images=1)
