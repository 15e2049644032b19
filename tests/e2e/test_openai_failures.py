"""What OpenAI's own Python client gets when a call fails, and when it retries one."""

from pathlib import Path

import openai
import pytest

from domain.image_formats import ImageFormat
from tests.e2e.openai_client import PROMPT, decoded, openai_client
from tests.standin import StandIn
from tests.standin.faults import (
    Fault,
    bad_key,
    html_page,
    moderation_blocked,
    quota_exhausted,
    rate_limited,
    reply_cut,
    slow,
    status,
    stream_cut_after,
)

pytestmark = pytest.mark.anyio


ERRORS: dict[str, tuple[Fault, type[openai.APIStatusError], int, str]] = {
    "blocked": (moderation_blocked(), openai.BadRequestError, 400, "moderation_blocked"),
    "quota": (quota_exhausted(), openai.RateLimitError, 429, "insufficient_quota"),
    "the server's key": (bad_key(), openai.InternalServerError, 502, "credentials_rejected"),
    "limited": (rate_limited("30"), openai.RateLimitError, 429, "rate_limit_exceeded"),
    "not sent again": (status(500), openai.APIStatusError, 424, "provider_failed"),
    "cut": (reply_cut(), openai.APIStatusError, 424, "outcome_unknown"),
    "no JSON": (html_page(), openai.APIStatusError, 424, "bad_provider_reply"),
}


@pytest.mark.parametrize("case", ERRORS)
async def test_an_error_is_the_clients_own_exception_and_is_paid_once(
    case: str, tmp_path: Path, openai_api: StandIn
) -> None:
    fault, kind, code, name = ERRORS[case]
    openai_api.default = fault
    client_options = {"max_retries": 0} if case == "limited" else {}
    async with openai_client(tmp_path, openai_api, options=client_options) as client:
        with pytest.raises(kind) as raised:
            await client.images.generate(prompt=PROMPT)
    error = raised.value
    assert type(error) is kind
    assert (error.status_code, error.code) == (code, name)
    assert error.type
    assert error.message.endswith((".", "}"))
    assert error.request_id
    should_retry = error.response.headers.get("x-should-retry")
    assert should_retry == (None if case == "limited" else "false")
    if case != "limited":  # our own retries of a call that cost nothing
        assert len(openai_api.posts) == 1


async def test_a_stream_that_breaks_ends_with_an_error(tmp_path: Path, openai_api: StandIn) -> None:
    openai_api.default = stream_cut_after(1)
    async with openai_client(tmp_path, openai_api) as client:
        stream = await client.images.generate(prompt=PROMPT, stream=True, partial_images=2)
        with pytest.raises(openai.APIError) as raised:
            [event async for event in stream]
    assert raised.value.code == "outcome_unknown"
    assert len(openai_api.posts) == 1


async def test_a_stream_that_fails_before_its_first_event_has_the_status_of_the_error(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = moderation_blocked()
    async with openai_client(tmp_path, openai_api) as client:
        with pytest.raises(openai.BadRequestError) as raised:
            await client.images.generate(prompt=PROMPT, stream=True)
    assert raised.value.code == "moderation_blocked"


@pytest.mark.parametrize("cache", ["memory and disk", "off"])
async def test_a_client_that_gives_up_and_retries_gets_the_image_of_its_first_attempt(
    cache: str, tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = slow(3.0)
    settings = {} if cache != "off" else {"cache_memory_mb": 0, "cache_disk_mb": 0}
    async with openai_client(
        tmp_path, openai_api, options={"timeout": 1.0, "max_retries": 4}, **settings
    ) as client:
        reply = await client.images.generate(prompt=PROMPT)
    assert reply.data is not None
    assert decoded(reply.data[0].b64_json).format is ImageFormat.PNG
    assert len(openai_api.posts) == 1


async def test_a_retry_of_a_call_with_an_unknown_outcome_does_not_pay_again(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = reply_cut()
    async with openai_client(tmp_path, openai_api) as client:
        with pytest.raises(openai.APIStatusError):
            await client.images.generate(prompt=PROMPT)
        openai_api.default = slow(0)
        retry = {"x-stainless-retry-count": "1"}
        with pytest.raises(openai.APIStatusError) as repeated:
            await client.images.generate(prompt=PROMPT, extra_headers=retry)
        assert repeated.value.code == "outcome_unknown"
        assert len(openai_api.posts) == 1
        await client.images.generate(prompt=PROMPT)  # a new request is paid for
    assert len(openai_api.posts) == 2
