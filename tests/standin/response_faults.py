"""Faults that only replies of `POST /v1/responses` can have. All are charged."""

from dataclasses import dataclass

from tests.standin.faults import Fault
from tests.standin.refusals import Refusal


@dataclass(frozen=True, kw_only=True)
class ResponseFault(Fault):
    """One deviation of a response.

    `call_error` is the error of the image call, which then has no image. `omits` are fields of the
    response that are left out. `answer` is the text of the closing message.
    """

    call_error: Refusal | None = None
    omits: tuple[str, ...] = ()
    status: str = "completed"
    reason: str | None = None
    failure: tuple[str, str] | None = None
    answer: str = "Here is your image."
    cached: int = 0
    written: int = 0


def text_only(answer: str = "I would rather describe it in words.") -> ResponseFault:
    """Answer with a message, without any image call."""
    return ResponseFault(data="none", count=0, answer=answer)


def call_moderated(
    stage: str = "output", categories: tuple[str, ...] = ("violence",)
) -> ResponseFault:
    """Answer 200 with an image call that moderation blocked."""
    error = Refusal(
        400,
        "Your request was rejected by the safety system.",
        code="moderation_blocked",
        type="image_generation_user_error",
        details={"moderation_details": {"moderation_stage": stage, "categories": [*categories]}},
    )
    return ResponseFault(call_error=error, count=0)


def incomplete(reason: str = "max_output_tokens") -> ResponseFault:
    """End the response before its image call, for this reason."""
    return ResponseFault(data="none", count=0, status="incomplete", reason=reason)


def failed(code: str = "server_error", message: str = "Something broke.") -> ResponseFault:
    """End the response with an error, without an image."""
    return ResponseFault(data="none", count=0, status="failed", failure=(code, message))


def without(*fields: str) -> ResponseFault:
    """Leave out `usage` or `tool_usage`; the ledger has both."""
    return ResponseFault(omits=fields)
