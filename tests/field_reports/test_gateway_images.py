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
    "sibling: a field of any name": {"data": [{"imageBase64": BASE64, "seed": 7}]},
    "sibling: a field of any name, and a thumbnail": {
        "thumbnailBase64": PREVIEW,
        "imageBase64": BASE64,
    },
    "sibling: a field of any name at the top": {"id": "x", "img": {"png": BASE64}},
    "sibling: an image in HTML": {"choices": [{"message": {"content": f"<img src='{DATA_URL}'>"}}]},
    "sibling: an image beside a link, in Markdown": {
        "choices": [
            {"message": {"content": f"[a](https://a.example/) ![b]({DATA_URL}) [c](x.png)"}}
        ]
    },
    "sibling: an image between words": {"answer": f"Here it is: {DATA_URL} Enjoy."},
    "sibling: indices as names": {"data": {"0": {"b64_json": BASE64}}},
    "sibling: JSON in a JSON text": dumps({"data": [{"b64_json": BASE64}]}),
    "sibling: a JSON text that is the image": BASE64,
    "sibling: an error beside the image": {"data": [{"b64_json": BASE64}], "error": "x"},
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("previews", [0, 1])
def test_the_image_in_a_reply_of_any_shape_is_delivered(
    upstream: Upstream, reply: object, previews: int
) -> None:
    delivered = deliver(upstream, page(reply), partial_images=previews)
    assert [each.image for each in delivered.images] == [TEAL]


LINES = b"\n".join(
    dumps(each).encode()
    for each in ({"b64_json": PREVIEW, "partial_image_index": 0}, {"b64_json": BASE64})
)
BODIES = {
    "the image itself": (TEAL.data, "image/png"),
    "sibling: its base64": (BASE64.encode(), "text/plain"),
    "sibling: its data: URL": (DATA_URL.encode(), "text/plain"),
    "sibling: a JSON object a line": (LINES, "application/x-ndjson"),
    "sibling: a JSON object a line, called a stream": (LINES, "text/event-stream"),
    "sibling: a stream after empty lines": (
        b"\n\n" + b"data: " + dumps({"b64_json": BASE64}).encode() + b"\n\n",
        "application/json",
    ),
    "sibling: a stream of base64": (b"data: " + BASE64.encode() + b"\n\n", "text/event-stream"),
}


@pytest.mark.parametrize(("content", "kind"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("previews", [0, 1])
def test_the_image_in_a_body_of_another_kind_is_delivered(
    upstream: Upstream, content: bytes, kind: str, previews: int
) -> None:
    delivered = deliver(upstream, raw_faults.body(content, kind=kind), partial_images=previews)
    assert [each.image for each in delivered.images] == [TEAL]


def test_all_images_of_an_object_with_indices_as_names_are_delivered(upstream: Upstream) -> None:
    reply = {"data": {"0": {"b64_json": BASE64}, "1": {"b64_json": PREVIEW}}}
    delivered = deliver(upstream, page(reply), n=2)
    assert [each.image for each in delivered.images] == [TEAL, PLUM]


def test_words_that_look_like_a_data_url_stay_a_message(upstream: Upstream) -> None:
    error = upstream.refusal(page({"message": "Data: missing, sorry"}), GATEWAY)
    assert "answered without an image: Data: missing, sorry" in error.message


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
    "sibling: an error beside the image": [
        {"type": "image_generation.completed", "b64_json": BASE64, "error": "no safety check"}
    ],
    "sibling: an event named error that has the image": [
        {"type": "error", "message": "late", "data": [{"b64_json": BASE64}]}
    ],
    "sibling: an error before the image": [{"error": {"message": "retrying"}}, DONE],
    "sibling: errors between a preview and the image": [
        SEEN,
        {"error": {"message": "retrying", "code": "server_error"}},
        {"type": "error", "message": "retrying again"},
        SEEN,
        DONE,
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
