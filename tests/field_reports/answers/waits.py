"""Refusals that ask to wait."""

from typing import Any

from tests.field_reports.answers.answer import Answer, body
from tests.field_reports.provider_calls import GATEWAY
from tests.standin import Fault
from tests.standin.faults import status
from tests.unit.openai_help import MODEL

LIMIT = (
    f"Rate limit reached for {MODEL} in organization org-x on input-images per min: "
    "Limit 5, Used 5, Requested 1."
)


def limited(words: str = "", **headers: str) -> Fault:
    """A 429 of OpenAI that ends with these words."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    message = f"{LIMIT} {words}".strip()
    return status(429, error_code="rate_limit_exceeded", message=message, headers=sent)


def wait(id: str, fault: Fault, seconds: float, **more: Any) -> Answer:  # noqa: A002, ANN401 - fields of Answer
    """A refusal that asks to wait this long."""
    details: dict[str, object] = {"retry_after": seconds}
    return Answer(id=id, fault=fault, code="rate_limited", details=details, retryable=True, **more)


WAITS = [
    wait("F05 in words", limited("Please try again in 26.604s."), 26.604, says=("Limit 5",)),
    wait("F05 retry-after-ms", limited(retry_after_ms="12000"), 12),
    wait("F05 reset of requests", limited(x_ratelimit_reset_requests="12s"), 12),
    wait("F05 minutes in words", limited("Please try again in 1m26.4s."), 86.4),
    wait("F05 after", limited("Try again after 51.84 seconds."), 51.84),
    wait("F05 a header before words", limited("Try again in 9s.", retry_after="700"), 700),
    wait(
        "sibling: an HTTP date by the server's own clock",
        limited(retry_after="Wed, 21 Oct 2037 07:28:30 GMT", date="Wed, 21 Oct 2037 07:28:00 GMT"),
        30,
    ),
    wait(
        "sibling: a date in the past",
        limited(retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        0,
    ),
    wait(
        "sibling: the limit that is used up",
        limited(
            x_ratelimit_reset_requests="1s",
            x_ratelimit_reset_tokens="6m0s",
            x_ratelimit_remaining_tokens="0",
        ),
        360,
    ),
    wait(
        "sibling: Azure's words",
        body(
            429,
            {
                "error": {
                    "code": "429",
                    "message": "Exceeded call rate limit. Please retry after 26 seconds.",
                }
            },
        ),
        26,
        base_url=GATEWAY,
    ),
    wait(
        "sibling: Google's quota that is a rate",
        body(
            429,
            {
                "error": {
                    "code": 429,
                    "status": "RESOURCE_EXHAUSTED",
                    "message": "You exceeded your current quota. Please retry in 41.5s.",
                }
            },
        ),
        41.5,
        base_url=GATEWAY,
    ),
    wait(
        "sibling: a field of the body",
        body(429, {"message": "slow down", "retry_after": 33}),
        33,
        base_url=GATEWAY,
        says=("slow down",),
    ),
    wait("sibling: hours in words", limited("Please try again in 7h12m."), 25_920),
    Answer(
        id="F05 Limit 0",
        fault=status(
            429,
            error_code="rate_limit_exceeded",
            message="Limit 0, Used 0, Requested 1. Please try again in 1s.",
        ),
        code="not_permitted",
        says=("Limit 0", "Waiting does not help"),
    ),
    Answer(
        id="sibling: limit: 0",
        fault=body(429, {"error": {"message": "Quota exceeded. Limit: 0."}}),
        code="not_permitted",
        base_url=GATEWAY,
        never=("platform.openai.com",),
    ),
]
