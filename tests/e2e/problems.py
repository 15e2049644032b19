"""The rows of the problem table: the request, the provider's behavior, and the allowed calls."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from domain.image import Image
from tests.standin import Fault, faults, stream_faults
from tests.standin.raw_faults import page
from tests.testkit.fakes import mask, small_image

SIDE = (64, 64)
TEAL = small_image("teal", SIDE)
ODD = b64encode(TEAL.data).decode()
LARGE = Image(TEAL.data + bytes(50_000_000))
OPAQUE_MASK = small_image("white", SIDE, mode="RGBA")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One problem. `arguments` has images as `Image`; `calls` is the number of provider calls."""

    name: str
    arguments: Mapping[str, Any]
    tool: str = "generate_image"
    faults: tuple[Fault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    calls: int = 0
    on_command_line: bool = True


def _generate(name: str, *script: Fault, calls: int = 1, **arguments: Any) -> Row:  # noqa: ANN401 - tool arguments
    return Row(
        name=name,
        arguments={"prompt": "a red bridge", **arguments},
        faults=script,
        calls=calls if script else 0,
    )


def _edit(name: str, **arguments: Any) -> Row:  # noqa: ANN401 - tool arguments
    return Row(name=name, tool="edit_image", arguments={"prompt": "blue", **arguments})


LOCAL_PROBLEMS = [
    Row(name="missing prompt", arguments={}),
    _generate("empty prompt", prompt=""),
    _generate("blank prompt", prompt="   "),
    _generate("prompt of 32,001 characters", prompt="x" * 32_001),
    _generate("bad size", size="huge"),
    _generate("quality that the model does not support", quality="max", model="gpt-image-2"),
    _generate("quality that the model does not have", model="gpt-image-2", quality="max"),
    _generate("unknown quality", quality="ultra"),
    Row(name="a number for a prompt", arguments={"prompt": 2}, on_command_line=False),
    _generate("jpeg with transparency", format="jpeg", background="transparent"),
    _generate("unknown option", sise="1024x1024"),
    _generate("too many images", n=9),
    _generate("partial images of several images", n=2, partialImages=2),
    Row(
        name="bad base64",
        tool="edit_image",
        arguments={"prompt": "blue", "images": ["not base64!"]},
        on_command_line=False,
    ),
    Row(
        name="a path instead of an image",
        tool="edit_image",
        arguments={"prompt": "blue", "images": ["~/cat.png"]},
        on_command_line=False,
    ),
    _edit("half an id", images=["img_123"]),
    _edit("unknown id", images=[f"img_{'0' * 32}"]),
    _edit("not an image", images=[TEAL, Image(b"<html>hello</html>")]),
    _edit("image cut off", images=[Image(TEAL.data[:-20])]),
    _edit("input over 50 MB", images=[LARGE]),
    _edit("mask that marks nothing", images=[TEAL], mask=OPAQUE_MASK),
    _edit("mask without alpha", images=[TEAL], mask=TEAL),
    _edit("mask of another size", images=[TEAL], mask=mask((48, 32))),
    _edit("17 images", images=[TEAL] * 17),
    Row(
        name="more than a call's budget",
        arguments={"prompt": "a red bridge", "n": 2, "quality": "low"},
        settings={"budget_call_usd": "0.04"},
    ),
    Row(
        name="more images than an hour's budget",
        arguments={"prompt": "a red bridge", "n": 4},
        settings={"budget_images_hour": 3},
    ),
    Row(
        name="a model without a price under a budget",
        arguments={"prompt": "a red bridge", "model": "gpt-image-9"},
        settings={"budget_day_usd": "5"},
    ),
    Row(
        name="no key",
        arguments={"prompt": "a red bridge"},
        settings={"openai_api_key": None, "provider": "openai"},
    ),
]

PROVIDER_PROBLEMS = [
    _generate("401", faults.bad_key()),
    _generate("403, organization not verified", faults.organization_not_verified()),
    _generate("403", faults.status(403, message="Project proj_secret is archived.")),
    _generate("404", faults.model_not_found(), model="gpt-image-2"),
    _generate("400", faults.status(400, message="Your key sk-abcdef123456 cannot do this.")),
    Row(
        name="400 that repeats a key of another form",
        arguments={"prompt": "a red bridge"},
        faults=(faults.status(400, message="The key {key} cannot do this."),),
        settings={"openai_api_key": "0123456789-gateway"},
        calls=1,
    ),
    _generate(
        "400, moderation in other words",
        faults.status(
            400, body='{"error": {"code": "moderation_blocked", "moderation_details": "no"}}'
        ),
    ),
    _generate(
        "400, moderation of the prompt",
        faults.moderation_blocked("input", ("violence", "self-harm")),
    ),
    _generate("400, moderation of the image", faults.moderation_blocked("output", ())),
    _generate(
        "429 twice, with a short Retry-After",
        faults.rate_limited("0.05"),
        faults.rate_limited("0.05"),
        calls=2,
    ),
    _generate("429, with a long Retry-After", faults.rate_limited("300")),
    _generate("429, without Retry-After", faults.rate_limited()),
    _generate("429, with a garbled Retry-After", faults.rate_limited("soon")),
    _generate("quota exhausted", faults.quota_exhausted()),
    _generate(
        "400, the billing limit",
        faults.status(
            400,
            error_code="billing_hard_limit_reached",
            message="Billing hard limit has been reached",
        ),
    ),
    _generate(
        "401, a scope is missing",
        faults.status(401, message="Missing scopes: api.model.images.request. Check your key."),
    ),
    _generate(
        "403, a page of a firewall",
        faults.status(403, body="<html><title>Attention Required!</title><h1>Blocked</h1></html>"),
    ),
    _generate(
        "a link that is not followed",
        page({"data": [{"url": "http://cdn.example/x.png?sig=1"}]}),
    ),
    _generate("408", faults.status(408)),
    _generate("500", faults.status(500)),
    _generate("503", faults.status(503)),
    Row(
        name="timeout",
        arguments={"prompt": "a red bridge"},
        faults=(faults.hang(),),
        settings={"provider_timeout": 0.4},
        calls=1,
    ),
    _generate("connection reset", faults.reset_before_reply()),
    _generate("cut reply", faults.reply_cut()),
    _generate("a page instead of a stream", faults.html_page(), partialImages=1),
    _generate("deeply nested JSON", faults.status(200, body="[" * 100_000)),
    _generate("cut stream", faults.stream_cut_after(1), partialImages=2),
    _generate("error in the stream", faults.stream_error(), partialImages=2),
    _generate("stream without an image", faults.empty_data(), partialImages=1),
    _generate("empty reply", faults.empty_data()),
    _generate("reply without a body", faults.no_body()),
    _generate("null instead of an image", faults.null_image()),
    _generate("broken base64 in the reply", faults.broken_base64()),
    _generate("half an image", faults.truncated_image()),
    _generate("an HTML page", faults.html_page()),
    _generate("malformed JSON", faults.malformed_json()),
    Row(
        name="unreachable provider",
        arguments={"prompt": "a red bridge"},
        settings={"openai_base_url": "http://127.0.0.1:9/v1"},
    ),
]

SUCCEEDED = [
    _generate(
        "429, with a short Retry-After", faults.rate_limited("0.05"), faults.normal(), calls=2
    ),
    _generate("retired model", faults.normal(), model="gpt-image-1"),
    _generate("another format than requested", faults.other_format("jpeg")),
    _generate("fewer images than requested", faults.other_count(1), n=2),
    _generate("more images than requested", faults.other_count(2)),
    _generate("without usage", faults.without_usage()),
    _generate(
        "a reply of unexpected types",
        faults.status(
            200,
            headers={"Content-Type": "application/json"},
            body=dumps(
                {
                    "created": "today",
                    "usage": {"input_tokens": None, "output_tokens": "many"},
                    "data": [
                        {"b64_json": ODD, "revised_prompt": 7},
                        {"url": None},
                        {"b64_json": 5},
                    ],
                }
            ),
        ),
    ),
    _generate("stream cut after the image", stream_faults.cut_after_images(), partialImages=1),
    _generate("stream held open", stream_faults.held_open(), partialImages=1),
    _generate("error after the image", stream_faults.late_error(), partialImages=1),
    _generate("no stream", stream_faults.not_streamed(), partialImages=1),
    _generate("revised prompt", faults.revised_prompt("A bridge, red.")),
]
"""Requests that succeed although the reply was unusual."""
