"""Faults that a test can order from the stand-in.

A POST that breaks a rule is refused as usual and uses up its fault. Faults that refuse are never
charged; all others are, because the images were generated before the fault took effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.standin.refusals import Refusal

Ending = Literal["whole", "hang", "held", "reset", "cut"]
Data = Literal["whole", "none", "null", "broken", "halved", "wrapped", "link", "prefixed"]
Page = Literal["api", "nothing", "html", "malformed", "unstreamed"]
Format = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One behavior; each field is one deviation from a normal reply.

    `after_partials` ends a stream after that many partials, None after the images; `error` is its
    last event. A JSON reply with an `error` is a 500, and its cut is at the fraction `at`. `size`
    replaces the requested size.
    """

    delay: float = 0.0
    refusal: Refusal | None = None
    ending: Ending = "whole"
    at: float = 1.0
    after_partials: int | None = None
    error: Refusal | None = None
    data: Data = "whole"
    page: Page = "api"
    format: Format | None = None
    size: tuple[int, int] | None = None
    count: int | None = None
    revised_prompt: str | None = None
    usage: bool | Literal["zeros"] = True


def normal() -> Fault:
    """Answer as the real API does."""
    return Fault()


def slow(seconds: float) -> Fault:
    """Send the final image after `seconds`, and the partials evenly spread over that time."""
    return Fault(delay=seconds)


def status(
    code: int,
    *,
    error_code: str | None = None,
    error_type: str | None = None,
    message: str = "The stand-in was told to refuse this.",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    delay: float = 0.0,
) -> Fault:
    """Refuse with this status; `body` replaces the JSON envelope."""
    kind = error_type or ("server_error" if code >= 500 else "invalid_request_error")
    extra = headers or {}
    refusal = Refusal(code, message, code=error_code, type=kind, headers=extra, raw=body)
    return Fault(refusal=refusal, delay=delay)


def rate_limited(retry_after: str | None = None, *, delay: float = 0.0) -> Fault:
    """Refuse with 429 `rate_limit_exceeded`; `retry_after` is sent unchanged, even garbage."""
    code, message = "rate_limit_exceeded", "Rate limit reached for images per min."
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return status(429, message=message, error_code=code, headers=headers, delay=delay)


def quota_exhausted() -> Fault:
    """Refuse with 429 `insufficient_quota`, which waiting does not resolve."""
    code, message = "insufficient_quota", "You exceeded your current quota, check your billing."
    return status(429, message=message, error_code=code, error_type=code)


def bad_key(message: str = "Incorrect API key provided: {key}. Find it in your account.") -> Fault:
    """Refuse with 401; `{key}` becomes the received key, which the real API repeats."""
    return status(401, message=message, error_code="invalid_api_key")


def organization_not_verified() -> Fault:
    """Refuse with 403 and the real API's message about verifying the organization."""
    message = (
        "Your organization must be verified to use the model `{model}`. Please go to: "
        "https://platform.openai.com/settings/organization/general and click on Verify."
    )
    return status(403, message=message)


def model_not_found() -> Fault:
    """Refuse with 404 `model_not_found` for every model."""
    message = "The model `{model}` does not exist or you do not have access to it."
    return status(404, message=message, error_code="model_not_found")


def moderation_blocked(
    stage: str = "input", categories: tuple[str, ...] = ("violence",), *, delay: float = 0.0
) -> Fault:
    """Refuse with 400 `moderation_blocked` and the details of the real API."""
    details = {"moderation_stage": stage, "categories": list(categories)}
    refusal = Refusal(
        400,
        "Your request was rejected by the safety system.",
        code="moderation_blocked",
        type="image_generation_user_error",
        details={"moderation_details": details},
    )
    return Fault(refusal=refusal, delay=delay)


def hang() -> Fault:
    """Generate, charge, and never answer, until the client disconnects or the stand-in closes."""
    return Fault(ending="hang")


def reset_before_reply(*, delay: float = 0.0) -> Fault:
    """Generate, charge, and reset the connection (RST) before the first byte of a reply."""
    return Fault(ending="reset", delay=delay)


def reply_cut(at: float = 0.5, *, delay: float = 0.0) -> Fault:
    """Announce the full length, send that fraction of the body, then close the connection."""
    return Fault(ending="cut", at=at, delay=delay)


def stream_cut_after(partials: int = 1, *, delay: float = 0.0) -> Fault:
    """Close the connection after this many partials; a JSON reply is cut in half."""
    return Fault(ending="cut", at=0.5, after_partials=partials, delay=delay)


def stream_error(
    after_partials: int = 1,
    code: str = "image_generation_failed",
    message: str = "The image could not be completed.",
    *,
    delay: float = 0.0,
) -> Fault:
    """End the stream with an `error` event after this many partials; a JSON reply is a 500."""
    error = Refusal(500, message, code=code, type="image_generation_server_error")
    return Fault(error=error, after_partials=after_partials, delay=delay)


def empty_data() -> Fault:
    """Answer `"data": []`; a stream ends properly without its completed event."""
    return Fault(data="none")


def no_body() -> Fault:
    """Answer 200 with an empty body."""
    return Fault(page="nothing")


def null_image() -> Fault:
    """Answer `"b64_json": null`."""
    return Fault(data="null")


def broken_base64() -> Fault:
    """Answer base64 that even lenient decoders reject."""
    return Fault(data="broken")


def truncated_image() -> Fault:
    """Answer valid base64 of the first half of an image file."""
    return Fault(data="halved")


def html_page() -> Fault:
    """Answer 200 with a proxy's HTML page."""
    return Fault(page="html")


def malformed_json() -> Fault:
    """Answer 200 with the first half of a JSON text as the complete body."""
    return Fault(page="malformed")


def other_format(name: Format) -> Fault:
    """Generate this format instead of the requested one, which the reply still states."""
    return Fault(format=name)


def other_count(images: int) -> Fault:
    """Generate this many images instead of `n`."""
    return Fault(count=images)


def revised_prompt(text: str) -> Fault:
    """Answer normally, with this text beside each image."""
    return Fault(revised_prompt=text)


def linked() -> Fault:
    """Answer with a link on the stand-in in place of the image."""
    return Fault(data="link")


def prefixed() -> Fault:
    """Answer base64 behind `data:image/…;base64,`."""
    return Fault(data="prefixed")


def zero_usage() -> Fault:
    """Answer with a usage of zeros; the ledger has the true one."""
    return Fault(usage="zeros")


def without_usage() -> Fault:
    """Answer without `usage`; the ledger still has it."""
    return Fault(usage=False)
