"""Refusals that ask to wait."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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


def _in_90_seconds() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=90)


TIMES: dict[str, Callable[[], Fault]] = {
    "an ISO time in words": lambda: limited(f"It resets at {_in_90_seconds():%Y-%m-%dT%H:%M:%SZ}."),
    "an ISO time with a zone": lambda: limited(x_ratelimit_reset=_in_90_seconds().isoformat()),
    "Retry-After as an ISO time": lambda: limited(retry_after=_in_90_seconds().isoformat()),
    "a header of another vendor": lambda: limited(
        anthropic_ratelimit_requests_reset=_in_90_seconds().isoformat()
    ),
    "a Unix time": lambda: limited(x_ratelimit_reset=str(_in_90_seconds().timestamp())),
    "a router's copy of headers, in milliseconds": lambda: body(
        429,
        {
            "error": {
                "message": "Rate limit exceeded: free-models-per-min.",
                "metadata": {
                    "headers": {"X-RateLimit-Reset": str(_in_90_seconds().timestamp() * 1000)}
                },
            }
        },
    ),
    "a field with the time": lambda: body(
        429, {"error": {"message": "x", "reset_at": _in_90_seconds().isoformat()}}
    ),
}
"""Refusals that ask to wait until a time: some 90 seconds from when they are made."""

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
    wait("sibling: full words", limited("Please retry in 1 hour and 2 minutes."), 3720),
    wait("sibling: a minute", limited("Please wait a minute before trying again."), 60),
    wait("sibling: what remains", limited("20 seconds remaining until your next call."), 20),
    wait("sibling: timed out for", limited("You have been timed out for 60 seconds."), 60),
    wait("sibling: Chinese", limited("请求过于频繁，请在 30 秒后重试"), 30, says=("30 秒",)),
    wait("sibling: Chinese minutes", limited("已达到速率限制，请 2 分钟后再试"), 120),
    wait("sibling: Azure's milliseconds", limited(x_ms_retry_after_ms="7000"), 7),
    wait("sibling: the IETF's header", limited(ratelimit='"default";r=0;t=44'), 44),
    wait("sibling: an earlier draft of it", limited(ratelimit_reset="44"), 44),
    wait("sibling: reset after", limited(x_ratelimit_reset_after="3.5"), 3.5),
    wait("sibling: the header twice", limited(retry_after="12, 12"), 12),
    wait(
        "sibling: a field of milliseconds",
        body(429, {"error": {"message": "slow down", "retry_after_ms": 4000}}),
        4,
        base_url=GATEWAY,
    ),
    wait(
        "sibling: a field within details",
        body(429, {"error": {"message": "x", "details": [{"retryDelay": "33s"}]}}),
        33,
        base_url=GATEWAY,
    ),
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
