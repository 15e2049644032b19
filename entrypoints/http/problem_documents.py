"""What goes wrong at the web door, as problem documents (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import msgspec
from starlette.types import Send

from domain.errors import Busy, ChargeStatus, ImageServiceError
from domain.money.budget_errors import BudgetExhausted
from domain.provider_errors import CircuitOpen, RateLimited
from entrypoints.wire.error_codes import STATUS_BY_CODE, as_dict

MEDIA_TYPE = "application/problem+json"
URN = "urn:mcp-server-gpt-image:error:"
NOT_STARTED = {"retryable": False, "charged": ChargeStatus.NO.value}
"""What is so wherever the door itself says no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem document and the headers that belong to it."""

    status: int
    code: str
    message: str
    hint: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """JSON: the members of the RFC, and ours beside them."""
        members = {
            "type": URN + self.code,
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            **NOT_STARTED,
            **self.details,
        }
        return msgspec.json.encode(members)


class RequestRejected(Exception):
    """The door itself says no, before any use case is asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_of(error: ImageServiceError) -> Problem:
    """The document for one of our errors; says when to come back where that is known."""
    headers = {}
    timed = Busy | RateLimited | CircuitOpen | BudgetExhausted
    if isinstance(error, timed) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    facts = as_dict(error)
    if "status" in facts:  # the provider's own: here `status` is what we answer with
        facts["provider_status"] = facts.pop("status")
    return Problem(
        status=STATUS_BY_CODE[error.code],
        code=error.code,
        message=error.message,
        hint=error.hint,
        details={k: v for k, v in facts.items() if k not in ("code", "message", "hint")},
        headers=headers,
    )


def headers_of(problem: Problem, *, close: bool = False) -> dict[str, str]:
    """The headers of an answer with this document, in lower case."""
    return {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(problem.body())),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **{name.lower(): value for name, value in problem.headers.items()},
        **({"connection": "close"} if close else {}),
    }


async def send_problem(problem: Problem, send: Send, *, close: bool = False) -> None:
    """Answer with the document; `close` ends the connection, though what still comes is in vain.

    Whoever is in the middle of sending then may see a reset connection, and no document.
    """
    body, headers = problem.body(), headers_of(problem, close=close)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
