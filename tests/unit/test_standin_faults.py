"""Every fault of the stand-in, as the real SDK reports it."""

import binascii
import io
import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image

from tests.standin import Fault, StandIn, faults

pytest_plugins = ["tests.standin.fixtures"]
FIELDS: dict[str, Any] = {"model": "gpt-image-2.6-flare", "prompt": "hi", "size": "1024x640"}


async def generate(sdk: openai.AsyncOpenAI) -> Any:  # noqa: ANN401 - an HTML page is a str
    return await sdk.images.generate(**FIELDS)


async def events(sdk: openai.AsyncOpenAI, partials: int = 3) -> list[Any]:
    options: dict[str, Any] = {"stream": True, "partial_images": partials, **FIELDS}
    return [event async for event in await sdk.images.generate(**options)]


UNCHARGED = [
    (faults.status(500), openai.InternalServerError, None),
    (faults.status(404, body="gone"), openai.NotFoundError, None),
    (faults.rate_limited("garbage"), openai.RateLimitError, "rate_limit_exceeded"),
    (faults.quota_exhausted(), openai.RateLimitError, "insufficient_quota"),
    (faults.bad_key(), openai.AuthenticationError, "invalid_api_key"),
    (faults.organization_not_verified(), openai.PermissionDeniedError, None),
    (faults.model_not_found(), openai.NotFoundError, "model_not_found"),
    (faults.moderation_blocked(), openai.BadRequestError, "moderation_blocked"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "kind", "code"), UNCHARGED)
async def test_a_refusal_is_not_charged(
    standin: StandIn, sdk: openai.AsyncOpenAI, fault: Fault, kind: type[openai.APIError], code: str
) -> None:
    standin.script(fault)
    with pytest.raises(kind) as caught:
        await sdk.images.generate(**FIELDS)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert standin.ledger == []
    assert len(standin.posts) == 1
    await sdk.images.generate(**FIELDS)


@pytest.mark.anyio
async def test_a_refusal_has_the_message_of_the_real_api(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    standin.script(
        faults.bad_key(), faults.moderation_blocked("output"), faults.rate_limited("300")
    )
    with pytest.raises(openai.AuthenticationError, match=sdk.api_key):
        await sdk.images.generate(**FIELDS)
    with pytest.raises(openai.BadRequestError) as blocked:
        await sdk.images.generate(**FIELDS)
    assert isinstance(blocked.value.body, dict)
    details = {"moderation_stage": "output", "categories": ["violence"]}
    assert blocked.value.body["moderation_details"] == details
    with pytest.raises(openai.RateLimitError) as limited:
        await sdk.images.generate(**FIELDS)
    assert limited.value.response.headers["retry-after"] == "300"


@pytest.mark.anyio
async def test_a_reset_is_not_an_orderly_end(standin: StandIn, sdk: openai.AsyncOpenAI) -> None:
    standin.script(faults.reset_before_reply())
    with pytest.raises(openai.APIConnectionError) as caught:
        await generate(sdk)
    assert isinstance(caught.value.__cause__, httpx2.ReadError)
    assert standin.posts[0].status is None


BROKEN: list[tuple[Fault, type[Exception], type[Exception]]] = [
    (faults.reset_before_reply(), openai.APIConnectionError, openai.APIConnectionError),
    (faults.reply_cut(0.0), openai.APIConnectionError, openai.APIConnectionError),
    (faults.reply_cut(0.2), openai.APIConnectionError, openai.APIConnectionError),
    (faults.reply_cut(0.99), openai.APIConnectionError, openai.APIConnectionError),
    (faults.stream_cut_after(2), openai.APIConnectionError, openai.APIConnectionError),
    (faults.stream_error(), openai.InternalServerError, openai.APIError),
    (faults.malformed_json(), json.JSONDecodeError, json.JSONDecodeError),
]


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "plain", "streamed"), BROKEN)
async def test_a_broken_reply_is_charged(
    standin: StandIn,
    sdk: openai.AsyncOpenAI,
    fault: Fault,
    plain: type[Exception],
    streamed: type[Exception],
    stream: bool,
) -> None:
    standin.script(fault)
    kind = streamed if stream else plain
    with pytest.raises(kind) as caught:
        await (events(sdk) if stream else sdk.images.generate(**FIELDS))
    assert type(caught.value) is kind
    assert len(standin.ledger) == 1
    assert standin.posts[0].hung_up is False


@pytest.mark.anyio
async def test_the_sdk_passes_invalid_data_through_without_an_error(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    standin.script(faults.empty_data(), faults.null_image(), faults.html_page())
    standin.script(faults.broken_base64(), faults.truncated_image(), faults.no_body())
    empty, null, html, broken, halved = [await generate(sdk) for _ in range(5)]
    assert empty.data == []
    assert null.data[0].b64_json is None
    assert html.startswith("<!DOCTYPE html>")
    with pytest.raises(binascii.Error):
        b64decode(broken.data[0].b64_json)
    half = b64decode(halved.data[0].b64_json)
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(half)).load()
    assert standin.ledger[-1].digests == (sha256(half).hexdigest(),)
    with pytest.raises(json.JSONDecodeError):
        await generate(sdk)
    assert len(standin.ledger) == len(standin.posts) == 6


@pytest.mark.anyio
async def test_a_reply_may_differ_from_the_request(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    standin.default = faults.other_format("jpeg")
    standin.script(faults.other_count(3), faults.revised_prompt("a cat"), faults.without_usage())
    replies = [await sdk.images.generate(**FIELDS) for _ in range(4)]
    standin.default = faults.normal()
    assert [len(reply.data or []) for reply in replies] == [3, 1, 1, 1]
    assert [(reply.data or [])[0].revised_prompt for reply in replies] == [
        None,
        "a cat",
        None,
        None,
    ]
    assert [reply.usage is None for reply in replies] == [False, False, True, False]
    assert [charge.formats[0] for charge in standin.ledger] == ["png", "png", "png", "jpeg"]
    assert replies[3].output_format == "png"
