"""Faults that a test can order from the stand-in Gemini API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.standin.faults import Fault
from tests.standin.refusals import Refusal

Outcome = Literal["image", "words", "blocked", "failed", "nothing", "link"]


@dataclass(frozen=True, kw_only=True)
class GeminiFault(Fault):
    """What an interaction leads to, and how long it takes.

    `asked`: so many questions are answered with `in_progress` before the outcome. `drafts` and
    `thoughts` are what the model makes before the image. `own_usage` replaces the usage of the
    reply; the ledger keeps the real one.
    """

    outcome: Outcome = "image"
    asked: int = 1
    drafts: int = 2
    thoughts: int = 200
    words: str = ""
    own_usage: Mapping[str, object] | None = None


def as_gemini(fault: Fault) -> GeminiFault:
    """The fault, with the defaults of this API if it has none of its own."""
    return fault if isinstance(fault, GeminiFault) else GeminiFault(**_fields(fault))


def refused(
    status: int,
    code: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    details: list[object] | None = None,
) -> GeminiFault:
    """Refuse with the envelope of the Interactions API; nothing is charged."""
    return GeminiFault(refusal=gemini_refusal(status, code, message, headers, details))


def gemini_refusal(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    details: list[object] | None = None,
) -> Refusal:
    """An error as the Interactions API sends it. `{key}` becomes the received key."""
    error: dict[str, object] = {"code": code, "message": message}
    if details:
        error["details"] = details
    raw = json.dumps({"error": error})
    return Refusal(status, message, code=code, headers=headers or {}, raw=raw)


def classic(status: int, code: str, message: str, *details: object) -> GeminiFault:
    """Refuse with the envelope of Google's other APIs, which the parts in front of it send."""
    error = {"code": status, "message": message, "status": code, "details": list(details)}
    return GeminiFault(refusal=Refusal(status, message, raw=json.dumps({"error": error})))


def page(status: int, body: str = "<html><title>Proxy</title></html>") -> GeminiFault:
    """Refuse with a page of HTML."""
    headers = {"content-type": "text/html"}
    return GeminiFault(refusal=Refusal(status, "", headers=headers, raw=body))


def _fields(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in Fault.__dataclass_fields__}
