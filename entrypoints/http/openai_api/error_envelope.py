"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from domain.errors import ChargeStatus
from domain.provider_errors import ContentRefused, ModelNotFound
from entrypoints.wire.error_codes import CHARGE_TEXT

if TYPE_CHECKING:  # a problem document is sent by the same function as an envelope
    from entrypoints.http.problem_documents import Problem

PREFIX = "/v1/"
UNPREFIXED = re.compile(r"/images/((generations|edits)(/async)?|tasks/[^/]+)/?")
"""The same routes for clients whose base URL lacks /v1."""
MEDIA_TYPE = "application/json"
CLIENT_ERROR = "invalid_request_error"
SERVER_ERROR = "server_error"
KINDS: Mapping[str, tuple[int, str, str]] = {
    "unauthorized": (401, CLIENT_ERROR, "invalid_api_key"),
    "content_refused": (400, "image_generation_user_error", "moderation_blocked"),
    "request_refused": (400, CLIENT_ERROR, "request_refused"),
    "unsupported_by_model": (400, CLIENT_ERROR, "unsupported_by_model"),
    "model_not_found": (404, CLIENT_ERROR, "model_not_found"),
    "rate_limited": (429, "requests", "rate_limit_exceeded"),
    "too_many_requests": (429, "requests", "rate_limit_exceeded"),
    "quota_exhausted": (429, "insufficient_quota", "insufficient_quota"),
    "budget_exhausted": (429, "insufficient_quota", "budget_exhausted"),
}
"""Status, type and code of errors that OpenAI's API has too; all others keep status and code."""
RETRIED_BY_CLIENTS = frozenset({408, 409, 429})
"""Statuses below 500 that OpenAI's SDKs and many others retry."""
MAY_BE_CHARGED = 424
"""Failed Dependency: no known client retries it, as they do 5xx."""
FIELDS = {"format": "output_format", "partialImages": "partial_images", "images": "image"}
"""This API's names of arguments that have other names elsewhere."""
NAMED = re.compile(
    r"\bpartialImages\b"
    r"|\bimages(?=\[\d| must | is required)"
    r"|(?<=not a valid )format\b|\bformat(?= must | \")"
)
"""Where a text for people has one of those names."""
REFUSED_BY_MODERATION = "Your request was rejected as a result of the safety system."
"""OpenAI's own sentence. LiteLLM, among others, tells by it that another prompt is needed."""


def is_openai_path(path: str) -> bool:
    """Whether clients of OpenAI's API call this path."""
    return f"{path}/".startswith(PREFIX) or UNPREFIXED.fullmatch(path) is not None


def envelope(problem: "Problem") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the response with this problem.

    `x-should-retry: false` stops the retries of OpenAI's SDKs where a retry cannot help, or where
    it may be charged again. Other clients do not know that header, so no status that they retry is
    used for a request that may have been charged.
    """
    facts = problem.details
    charged = ChargeStatus(str(facts.get("charged", ChargeStatus.NO)))
    is_paid, may_help = charged is not ChargeStatus.NO, facts.get("retryable", False)
    status, kind, code = translated(problem.code, problem.status, charged)
    headers = {name.lower(): value for name, value in problem.headers.items()}
    if is_paid or not may_help:
        headers["x-should-retry"] = "false"
    error = {"message": _message(problem, charged), "type": kind, "param": _param(problem)}
    return status, headers, msgspec.json.encode({"error": {**error, "code": code}})


def translated(code: str, status: int, charged: ChargeStatus) -> tuple[int, str, str]:
    """Status, type and code of an error that has this code and status elsewhere."""
    status, kind, code = KINDS.get(code, (status, "", code))
    retried = status >= 500 or status in RETRIED_BY_CLIENTS
    if retried and charged is not ChargeStatus.NO:
        return MAY_BE_CHARGED, SERVER_ERROR, code
    return status, kind or (SERVER_ERROR if status >= 500 else CLIENT_ERROR), code


def _message(problem: "Problem", charged: ChargeStatus) -> str:
    start = REFUSED_BY_MODERATION if problem.code == ContentRefused.code else ""
    texts = (start, problem.message, problem.hint, CHARGE_TEXT[charged])
    text = " ".join(text for text in texts if text)
    return NAMED.sub(lambda found: FIELDS[found[0]], text)


def _param(problem: "Problem") -> str | None:
    default = "model" if problem.code == ModelNotFound.code else None
    field = problem.details.get("field", default)
    if not isinstance(field, str):
        return None
    name, bracket, rest = field.partition("[")
    return FIELDS.get(name, name) + bracket + rest
