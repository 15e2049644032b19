"""Errors as problem documents (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import msgspec

from domain.errors import Busy, ChargeStatus, ImageServiceError
from domain.money.budget_errors import BudgetExhausted
from domain.provider_errors import CircuitOpen, RateLimited
from entrypoints.wire.error_codes import STATUS_BY_CODE, as_dict

MEDIA_TYPE = "application/problem+json"
URN = "urn:mcp-server-gpt-image:error:"
ACRONYMS = {"http": "HTTP", "json": "JSON"}
NOT_STARTED = {"retryable": False, "charged": ChargeStatus.NO.value}
"""The facts of every request that is rejected before a use case starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem document and its headers.

    `setting` is the one that would let the request pass, for the operator; only the log has it.
    """

    status: int
    code: str
    message: str
    hint: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    setting: str = ""

    def body(self) -> bytes:
        """JSON: the members of the RFC and this server's own."""
        members = {
            "type": URN + self.code,
            "title": _title(self.code),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            **NOT_STARTED,
            **self.details,
        }
        return msgspec.json.encode(members)


def _title(code: str) -> str:
    words = " ".join(ACRONYMS.get(word, word) for word in code.split("_"))
    return words[:1].upper() + words[1:]


class RequestRejected(Exception):
    """The HTTP layer rejects the request before any use case starts."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_of(error: ImageServiceError) -> Problem:
    """The document for an error, with Retry-After if it is known when to retry."""
    headers = {}
    retry_later = Busy | RateLimited | CircuitOpen | BudgetExhausted
    if isinstance(error, retry_later) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    facts = as_dict(error)
    if "status" in facts:  # the provider's; in a problem document `status` is this response's
        facts["provider_status"] = facts.pop("status")
    return Problem(
        status=STATUS_BY_CODE[error.code],
        code=error.code,
        message=error.message,
        hint=error.hint,
        details={name: facts[name] for name in facts if name not in ("code", "message", "hint")},
        headers=headers,
    )


def headers_of(problem: Problem, *, close: bool = False) -> dict[str, str]:
    """The headers of a response with this document, in lower case."""
    return {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(problem.body())),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **{name.lower(): value for name, value in problem.headers.items()},
        **({"connection": "close"} if close else {}),
    }
