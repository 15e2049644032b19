"""The stand-in refuses the fields that the real API refuses, and charges nothing for them."""

from typing import Any

import httpx2
import pytest

from tests.standin import StandIn

pytest_plugins = ["tests.standin.fixtures"]
GOOD = {"model": "gpt-image-2.6-flare", "prompt": "a lighthouse", "size": "1024x640"}
FIXED = {"model": "gpt-image-1.5", "size": "1024x1024"}


def assert_refused(
    standin: StandIn, reply: httpx2.Response, code: str, param: str | None = None, status: int = 400
) -> None:
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert standin.ledger == []
    assert standin.calls[0].status == status


FIELD_CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt": None}, "missing_required_parameter", "prompt"),
    ({"prompt": ""}, "missing_required_parameter", "prompt"),
    ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
    ({"prompt": 7}, "invalid_type", "prompt"),
    ({"model": None}, "missing_required_parameter", "model"),
    ({"seed": 1}, "unknown_parameter", "seed"),
    ({"response_format": "b64_json"}, "unknown_parameter", "response_format"),
    ({"style": "vivid"}, "unknown_parameter", "style"),
    ({"input_fidelity": "high"}, "unknown_parameter", "input_fidelity"),
    ({"n": "2"}, "invalid_type", "n"),
    ({"n": True}, "invalid_type", "n"),
    ({"stream": "true"}, "invalid_type", "stream"),
    ({"n": 0}, "invalid_value", "n"),
    ({"n": 11}, "invalid_value", "n"),
    ({"n": 2, "stream": True}, "invalid_value", "n"),
    ({"size": "1024x1000"}, "invalid_value", "size"),
    ({"size": "1024x"}, "invalid_value", "size"),
    ({"size": "1000x1024"}, "invalid_value", "size"),
    ({"size": "1024x624"}, "invalid_value", "size"),
    ({"size": "2000x640"}, "invalid_value", "size"),
    ({"size": "3856x2144"}, "invalid_value", "size"),
    ({"size": "2176x2176"}, "invalid_value", "size"),
    ({**FIXED, "size": "1024x640"}, "invalid_value", "size"),
    ({**FIXED, "model": "gpt-image-1-mini", "size": "1536x1536"}, "invalid_value", "size"),
    ({**FIXED, "model": "chatgpt-image-latest", "size": "512x512"}, "invalid_value", "size"),
    ({"quality": "hd"}, "invalid_value", "quality"),
    ({"quality": "standard"}, "invalid_value", "quality"),
    ({**FIXED, "quality": "max"}, "invalid_value", "quality"),
    ({"model": "gpt-image-2", "quality": "xhigh"}, "invalid_value", "quality"),
    ({"background": "green"}, "invalid_value", "background"),
    ({"background": "transparent", "output_format": "jpeg"}, "invalid_value", "background"),
    ({"output_format": "jpg"}, "invalid_value", "output_format"),
    ({"output_compression": 50}, "invalid_value", "output_compression"),
    ({"output_compression": 50, "output_format": "png"}, "invalid_value", "output_compression"),
    ({"output_compression": 101, "output_format": "webp"}, "invalid_value", "output_compression"),
    ({"output_compression": -1, "output_format": "jpeg"}, "invalid_value", "output_compression"),
    ({"moderation": "high"}, "invalid_value", "moderation"),
    ({"partial_images": 1}, "invalid_value", "partial_images"),
    ({"partial_images": 4, "stream": True}, "invalid_value", "partial_images"),
]


@pytest.mark.parametrize(("change", "code", "param"), FIELD_CASES, ids=lambda v: str(v)[:60])
def test_an_invalid_field_is_refused(
    standin: StandIn, http: httpx2.Client, change: dict[str, Any], code: str, param: str
) -> None:
    reply = http.post("/images/generations", json={**GOOD, **change})
    assert_refused(standin, reply, code, param)


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-2", "dall-e-3", "gpt-image-9"])
def test_a_retired_or_unknown_model_is_not_found(
    standin: StandIn, http: httpx2.Client, model: str
) -> None:
    reply = http.post("/images/generations", json={**GOOD, "model": model})
    assert_refused(standin, reply, "model_not_found", "model", 404)


@pytest.mark.parametrize(
    ("path", "content_type", "body", "code"),
    [
        ("generations", "text/plain", b'{"prompt": "x"}', "unsupported_content_type"),
        ("generations", "application/json", b"{", "invalid_json"),
        ("generations", "application/json", b"[]", "invalid_json"),
        ("edits", "application/json", b"{}", "unsupported_content_type"),
        ("edits", "multipart/form-data", b"", "invalid_form"),
        ("edits", "multipart/form-data; boundary=b", b"no form", "invalid_form"),
    ],
)
def test_a_body_of_the_wrong_type_is_refused(
    standin: StandIn, http: httpx2.Client, path: str, content_type: str, body: bytes, code: str
) -> None:
    headers = {"Content-Type": content_type}
    reply = http.post(f"/images/{path}", content=body, headers=headers)
    assert_refused(standin, reply, code)


def test_a_request_without_a_key_is_unauthorized(standin: StandIn, http: httpx2.Client) -> None:
    reply = http.post("/images/generations", json=GOOD, headers={"Authorization": ""})
    assert_refused(standin, reply, "invalid_api_key", status=401)


@pytest.mark.parametrize("path", ["/images/variations", "/chat/completions"])
def test_other_paths_are_not_found(standin: StandIn, http: httpx2.Client, path: str) -> None:
    assert_refused(standin, http.post(path, json=GOOD), "unknown_url", status=404)


@pytest.mark.parametrize("size", ["auto", "3840x2160", "2160x720", "1024x640"])
def test_sizes_at_the_limits_pass(standin: StandIn, http: httpx2.Client, size: str) -> None:
    fields = {**GOOD, "size": size, "moderation": "low", "output_format": "jpeg"}
    assert http.post("/images/generations", json=fields).status_code == 200
    assert len(standin.ledger) == 1
