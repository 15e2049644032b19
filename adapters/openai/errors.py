"""The SDK's exceptions into our error tree."""

import re
from collections.abc import Mapping
from typing import Any

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
)

from domain import provider_errors as errors
from domain.errors import Charged
from domain.models import ModelCard

BEFORE_DISPATCH = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
"""Faults after which no byte of the request can have reached the provider."""

KEY_LIKE = re.compile(r"\b(sk|sess|org|proj)-[\w*\-]{4,}")
LONGEST_QUOTE = 500

NO_KEY = "Set OPENAI_API_KEY in the server's environment, or PROVIDER=sketch to draw offline."
BAD_KEY = "Check OPENAI_API_KEY: it may be mistyped, expired, or of another project."
VERIFY = (
    "GPT Image models need a verified organization: platform.openai.com → Settings → "
    "Organization → General → Verify. It can take 15 minutes to take effect."
)
BILLING = "Add credit or raise the limit at platform.openai.com → Settings → Billing."


def no_credentials() -> errors.NoCredentials:
    """The error of a call without a key; nothing is sent."""
    return errors.NoCredentials("There is no OpenAI API key.", hint=NO_KEY)


def translated(error: Exception, card: ModelCard) -> errors.ProviderError:
    """Our error for an exception that came out of the SDK or its transport.

    Whatever may have been sent is OutcomeUnknown or below it. Keys never pass through.
    """
    ours = _translated(error, card)
    ours.request_id = getattr(error, "request_id", None)
    ours.__cause__ = error
    return ours


def _translated(error: Exception, card: ModelCard) -> errors.ProviderError:
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(cause, BEFORE_DISPATCH):
        return errors.ProviderUnreachable("OpenAI could not be reached; nothing was sent.")
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return errors.ProviderTimedOut("OpenAI did not answer within the time limit.")
    if isinstance(error, APIStatusError):
        return _from_status(error, card)
    if isinstance(error, APIError) and not isinstance(error, APIConnectionError):
        return _from_stream(error)
    return errors.OutcomeUnknown("The connection to OpenAI broke before its answer was whole.")


def _from_status(error: APIStatusError, card: ModelCard) -> errors.ProviderError:
    match error.status_code:
        case 401:
            return errors.CredentialsRejected("OpenAI does not accept the API key.", hint=BAD_KEY)
        case 403:
            return _not_permitted(error)
        case 404:
            return _model_not_found(card)
        case 429:
            return _too_many(error)
        case status if status >= 500:
            return errors.ProviderFailed(f"OpenAI failed with status {status}.", status=status)
        case _:
            return _refused(error)


def _not_permitted(error: APIStatusError) -> errors.NotPermitted:
    if "verif" in str(error.message).lower():
        return errors.NotPermitted(
            "Your OpenAI organization is not verified for image models.", hint=VERIFY
        )
    said = quoted(error)
    return errors.NotPermitted(f"OpenAI does not permit this to your project: {said}", hint=VERIFY)


def _model_not_found(card: ModelCard) -> errors.ModelNotFound:
    heir = card.successor or "gpt-image-2.6-flare"
    return errors.ModelNotFound(
        f"OpenAI has no model {card.name!r} for this key.",
        hint=f"It may be retired or not open to your project: try {heir!r}.",
    )


def _too_many(error: APIStatusError) -> errors.ProviderError:
    if error.code == "insufficient_quota":
        return errors.QuotaExhausted("The OpenAI account's quota is used up.", hint=BILLING)
    seconds = _seconds(error.response.headers)
    when = "" if seconds is None else f" It asks to wait {seconds:g} s."
    return errors.RateLimited(f"OpenAI takes no more requests just now.{when}", retry_after=seconds)


def _refused(error: APIStatusError) -> errors.ProviderError:
    if error.code in ("moderation_blocked", "content_policy_violation"):
        return _content_refused(error)
    return errors.RequestRefused(f"OpenAI refused the request: {quoted(error)}")


def _from_stream(error: APIError) -> errors.ProviderError:
    if error.code in ("moderation_blocked", "content_policy_violation"):
        return _content_refused(error)
    return errors.OutcomeUnknown(f"OpenAI broke off while painting: {quoted(error)}")


def _content_refused(error: APIError) -> errors.ContentRefused:
    body: Mapping[str, Any] = error.body if isinstance(error.body, Mapping) else {}
    found = body.get("moderation_details") or {}
    stage, categories = found.get("moderation_stage"), found.get("categories") or ()
    where = {"input": " the prompt or an input picture", "output": " the painted picture"}
    about = f" ({', '.join(categories)})" if categories else ""
    refused = errors.ContentRefused(
        f"OpenAI's moderation refused{where.get(stage or '', ' the request')}{about}.",
        stage=stage,
        categories=categories,
    )
    if stage == "output":  # it was painted, and OpenAI does not say whether that is billed
        refused.charged = Charged.MAYBE
    return refused


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def quoted(error: APIError) -> str:
    """The provider's own words, short and with everything like a key blotted out."""
    body = error.body if isinstance(error.body, Mapping) else {}
    said = str(body.get("message") or error.message)
    return KEY_LIKE.sub("[hidden]", said)[:LONGEST_QUOTE]
