"""An image that was paid for is delivered, whatever the shape of the reply that has it."""

from base64 import b64encode, urlsafe_b64encode
from json import dumps
from typing import Any

import pytest

from application.ports.image_provider import Delivered, PartialImage
from domain.errors import ChargeStatus
from domain.provider_errors import BadProviderReply, OutcomeUnknown
from entrypoints.wire.error_codes import error_text
from tests.field_reports.provider_calls import GATEWAY, Upstream
from tests.standin import Fault, raw_faults, stream_faults
from tests.standin.raw_faults import page
from tests.unit.openai_help import PLUM, TEAL

BASE64 = b64encode(TEAL.data).decode()
URL_SAFE = urlsafe_b64encode(TEAL.data).decode().rstrip("=")
DATA_URL = f"data:image/png;base64,{BASE64}"
PREVIEW = b64encode(PLUM.data).decode()
PAGE = b64encode(b"<html>too late</html>").decode()
LINKED = {"type": "image_url", "image_url": {"url": DATA_URL}}

REPLIES: dict[str, Any] = {
    "F23 a data: URL in b64_json": {"data": [{"b64_json": DATA_URL}]},
    "F23 a data: URL in url": {"data": [{"url": DATA_URL}]},
    "base64 for URLs, no padding": {"data": [{"b64_json": URL_SAFE}]},
    "data as an object": {"data": {"b64_json": BASE64}},
    "data as an object with a list": {"data": {"images": [{"b64_json": BASE64}]}},
    "images of objects": {"images": [{"url": DATA_URL, "width": 64}], "prompt": "x"},
    "images of texts": {"images": [BASE64]},
    "output of texts": {"id": "p1", "input": {"image": PREVIEW}, "output": [DATA_URL]},
    "output that is a text": {"output": DATA_URL, "urls": {"get": "https://a.example/p1"}},
    "a call of the Responses API": {
        "output": [{"type": "image_generation_call", "result": BASE64}]
    },
    "no image in b64_json, but a good url": {"data": [{"b64_json": PAGE, "url": DATA_URL}]},
    "half an image in b64_json": {"data": [{"b64_json": BASE64[:-40], "url": DATA_URL}]},
    "sibling: a chat's message": {"choices": [{"message": {"content": "", "images": [LINKED]}}]},
    "sibling: an image in Markdown": {"choices": [{"message": {"content": f"![a]({DATA_URL})"}}]},
    "sibling: artifacts": {"artifacts": [{"base64": BASE64, "finishReason": "SUCCESS"}]},
    "sibling: predictions": {"predictions": [{"bytesBase64Encoded": BASE64, "mimeType": "x"}]},
    "sibling: inline data": {
        "candidates": [
            {"content": {"parts": [{"text": "Here."}, {"inlineData": {"data": BASE64}}]}}
        ]
    },
    "sibling: a result": {"success": True, "result": {"image": BASE64}},
    "sibling: at the top": {"b64_json": BASE64, "revised_prompt": "x"},
    "sibling: the image twice": {"images": [{"url": DATA_URL}], "data": [{"url": DATA_URL}]},
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("previews", [0, 1])
def test_the_image_in_a_reply_of_any_shape_is_delivered(
    upstream: Upstream, reply: object, previews: int
) -> None:
    delivered = deliver(upstream, page(reply), partial_images=previews)
    assert [each.image for each in delivered.images] == [TEAL]


def test_a_body_that_is_the_image_itself_is_delivered(upstream: Upstream) -> None:
    delivered = deliver(upstream, raw_faults.body(TEAL.data, kind="image/png"))
    assert [each.image for each in delivered.images] == [TEAL]


DONE = {"type": "image_generation.completed", "b64_json": BASE64}
SEEN = {"type": "image_generation.partial_image", "b64_json": PREVIEW, "partial_image_index": 0}
ITEM = {"type": "image_generation_call", "result": BASE64}
STREAMS: dict[str, list[object]] = {
    "data[] in an event": [{"data": [{"b64_json": BASE64}]}],
    "data[] with a url": [SEEN, {"created": 1, "data": [{"url": DATA_URL}]}],
    "another name of the last event": [SEEN, {"type": "image.generated", "b64_json": BASE64}],
    "no name at all": [SEEN, {"b64_json": BASE64}],
    "the Responses API": [
        {"type": "response.in_progress"},
        {"type": "response.image_generation_call.partial_image", "partial_image_b64": PREVIEW},
        {"type": "response.image_generation_call.completed", "item_id": "ig_1"},
        {"type": "response.output_item.done", "item": ITEM},
        {"type": "response.completed", "response": {"output": [ITEM]}},
    ],
    "sibling: the last event has no image, an earlier one has it": [
        {"type": "response.output_item.done", "item": ITEM},
        {"type": "response.completed", "response": {"output": []}},
    ],
    "sibling: chunks of a chat": [
        {"choices": [{"delta": {"content": "Here."}}]},
        {"choices": [{"delta": {"images": [LINKED]}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ],
    "sibling: unnamed images that get better": [{"b64_json": PREVIEW}, {"b64_json": BASE64}],
    "sibling: a preview by another name": [
        {"type": "image.preview", "b64_json": PREVIEW},
        {"type": "image.final", "b64_json": BASE64},
    ],
    "sibling: previews that only a field tells": [
        {"b64_json": PREVIEW, "partial_image_index": 0},
        {"b64_json": BASE64},
    ],
}


@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("previews", [0, 1])
def test_the_image_in_a_stream_of_any_shape_is_delivered(
    upstream: Upstream, events: list[object], previews: int
) -> None:
    fault = stream_faults.events(*map(dumps, events), "[DONE]")
    delivered = deliver(upstream, fault, partial_images=previews)
    assert [each.image for each in delivered.images] == [TEAL]


def test_an_image_of_an_unnamed_event_is_delivered_with_a_note(upstream: Upstream) -> None:
    delivered = deliver(upstream, stream_faults.events(dumps({"b64_json": BASE64})))
    (note,) = delivered.notes
    assert "did not say which image is the last one" in note


def test_both_images_of_a_stream_are_delivered(upstream: Upstream) -> None:
    event = {"data": [{"b64_json": BASE64}, {"b64_json": PREVIEW}]}
    delivered = deliver(upstream, stream_faults.events(dumps(event)), n=2)
    assert [each.image for each in delivered.images] == [TEAL, PLUM]


@pytest.mark.parametrize("previews", [0, 1])
def test_a_stream_of_previews_only_keeps_the_last_one(upstream: Upstream, previews: int) -> None:
    late = {**SEEN, "b64_json": BASE64}
    with pytest.raises(OutcomeUnknown) as unknown:
        upstream.events(
            stream_faults.events(dumps(SEEN), dumps(late)), GATEWAY, partial_images=previews
        )
    assert BASE64.encode() in b"".join(unknown.value.raw_remainder)
    assert unknown.value.charged is ChargeStatus.MAYBE


def test_a_page_with_status_200_says_what_is_missing_in_the_base_url(upstream: Upstream) -> None:
    fault = raw_faults.body(b"<!doctype html><title>Chat UI</title><body>", kind="text/html")
    error = upstream.refusal(fault, "http://gateway.example")
    assert isinstance(error, BadProviderReply)
    assert "“Chat UI”" in error.message
    assert "add /v1" in error.hint
    assert "<" not in error_text(error)
    assert error.raw_remainder


def deliver(upstream: Upstream, fault: Fault, **fields: Any) -> Delivered:  # noqa: ANN401 - fields of GenerateRequest
    """The last event of a call; only previews may come before it."""
    *before, last = upstream.events(fault, GATEWAY, **fields)
    assert all(isinstance(event, PartialImage) for event in before)
    assert type(last) is not PartialImage
    assert isinstance(last, Delivered)
    return last
