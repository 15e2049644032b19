"""Everything that can go wrong at the provider, in words a test can say.

A POST that breaks a rule is refused as usual and uses up its fault. Faults that refuse are never
charged; all others are, since the pictures were painted before the trouble started.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.standin.refusals import Refusal

Ending = Literal["whole", "hang", "held", "reset", "cut"]
Data = Literal["whole", "none", "null", "broken", "halved", "wrapped"]
Page = Literal["api", "nothing", "html", "malformed", "unstreamed"]
Format = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One behavior; each field names one departure from a normal reply.

    `after_partials` ends a stream after that many partials, else after the pictures: with `error`
    as its last event. In a JSON reply that is a 500, and a cut is at `at`. `painted` is the size.
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
    painted: tuple[int, int] | None = None
    count: int | None = None
    revised_prompt: str | None = None
    usage: bool = True


def normal() -> Fault:
    """Answer as the real API does."""
    return Fault()


def slow(seconds: float) -> Fault:
    """Take `seconds` to the final picture; the partials come evenly spread over them."""
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
    """Refuse with this status; `body` replaces the JSON envelope word for word."""
    kind = error_type or ("server_error" if code >= 500 else "invalid_request_error")
    extra = headers or {}
    refusal = Refusal(code, message, code=error_code, type=kind, headers=extra, raw=body)
    return Fault(refusal=refusal, delay=delay)


def rate_limited(retry_after: str | None = None, *, delay: float = 0.0) -> Fault:
    """Refuse with 429 `rate_limit_exceeded`; `retry_after` is sent as it stands, also garbage."""
    code, message = "rate_limit_exceeded", "Rate limit reached for images per min."
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return status(429, message=message, error_code=code, headers=headers, delay=delay)


def quota_used_up() -> Fault:
    """Refuse with 429 `insufficient_quota`, which no waiting cures."""
    code, message = "insufficient_quota", "You exceeded your current quota, check your billing."
    return status(429, message=message, error_code=code, error_type=code)


def bad_key(message: str = "Incorrect API key provided: {key}. Find it in your account.") -> Fault:
    """Refuse with 401; `{key}` becomes the key received, as the real API repeats it."""
    return status(401, message=message, error_code="invalid_api_key")


def organization_not_verified() -> Fault:
    """Refuse with 403 in the real API's words about verifying the organization."""
    message = (
        "Your organization must be verified to use the model `{model}`. Please go to: "
        "https://platform.openai.com/settings/organization/general and click on Verify."
    )
    return status(403, message=message)


def model_not_found() -> Fault:
    """Refuse with 404 `model_not_found`, whatever the model."""
    message = "The model `{model}` does not exist or you do not have access to it."
    return status(404, message=message, error_code="model_not_found")


def moderation_blocked(
    stage: str = "input", categories: tuple[str, ...] = ("violence",), *, delay: float = 0.0
) -> Fault:
    """Refuse with 400 `moderation_blocked` and the details the real API gives with it."""
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
    """Paint, charge, and never answer until the client leaves or the stand-in is closed."""
    return Fault(ending="hang")


def reset_before_reply(*, delay: float = 0.0) -> Fault:
    """Paint, charge, and reset the connection (RST) before the first byte of a reply."""
    return Fault(ending="reset", delay=delay)


def reply_cut(at: float = 0.5, *, delay: float = 0.0) -> Fault:
    """Send that fraction of the body under the whole length, then close the connection."""
    return Fault(ending="cut", at=at, delay=delay)


def stream_cut_after(partials: int = 1, *, delay: float = 0.0) -> Fault:
    """Close the connection after so many partials; a JSON reply is cut at one half."""
    return Fault(ending="cut", at=0.5, after_partials=partials, delay=delay)


def stream_error(
    after_partials: int = 1,
    code: str = "image_generation_failed",
    message: str = "The image could not be completed.",
    *,
    delay: float = 0.0,
) -> Fault:
    """End the stream with an `error` event after so many partials; a JSON reply is a 500."""
    error = Refusal(500, message, code=code, type="image_generation_server_error")
    return Fault(error=error, after_partials=after_partials, delay=delay)


def empty_data() -> Fault:
    """Answer `"data": []`; a stream ends well without its completed event."""
    return Fault(data="none")


def no_body() -> Fault:
    """Answer 200 with a body of no bytes."""
    return Fault(page="nothing")


def null_picture() -> Fault:
    """Answer `"b64_json": null`."""
    return Fault(data="null")


def broken_base64() -> Fault:
    """Answer base64 that no decoder takes, lenient ones included."""
    return Fault(data="broken")


def truncated_picture() -> Fault:
    """Answer valid base64 of the first half of a picture."""
    return Fault(data="halved")


def html_page() -> Fault:
    """Answer 200 with a proxy's HTML page."""
    return Fault(page="html")


def malformed_json() -> Fault:
    """Answer 200 with a whole body that is only half of a JSON text."""
    return Fault(page="malformed")


def other_format(name: Format) -> Fault:
    """Paint this format whatever was asked, while the reply repeats what was asked."""
    return Fault(format=name)


def other_count(pictures: int) -> Fault:
    """Paint so many pictures whatever `n` says."""
    return Fault(count=pictures)


def revised_prompt(text: str) -> Fault:
    """Answer normally, with this text beside each picture."""
    return Fault(revised_prompt=text)


def without_usage() -> Fault:
    """Answer without `usage`; the ledger still has it."""
    return Fault(usage=False)
