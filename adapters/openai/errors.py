"""The SDK's exceptions into our error tree."""

import re
from collections.abc import Mapping

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
)

from adapters.openai.translate import clean, field, secret_spellings, text_of
from domain import provider_errors as errors
from domain.errors import ChargeStatus
from domain.models import ModelCard

BEFORE_DISPATCH = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
    httpx2.LocalProtocolError,
)
"""Faults after which no byte of the request can have reached the provider."""

KEY_LIKE = re.compile(r"\b(sk|sess|org|proj)-[\w*\-]{4,}")
MIN_SECRET_LENGTH = 8  # below are the placeholders of local endpoints, such as "none" or "x"
MAX_QUOTE_LENGTH = 500
MODERATED = ("moderation_blocked", "content_policy_violation")

NO_KEY = "Set OPENAI_API_KEY in the server's environment, or PROVIDER=sketch to draw offline."
BAD_KEY = "Check OPENAI_API_KEY: it may be mistyped, expired, or of another project."
VERIFY = (
    "GPT Image models need a verified organization: platform.openai.com → Settings → "
    "Organization → General → Verify. It can take 15 minutes to take effect."
)
BILLING = "Add credit or raise the limit at platform.openai.com → Settings → Billing."


def can_be_sent(text: str | None) -> bool:
    """Whether an HTTP header can carry it; a header that is absent can."""
    return text is None or (text.isascii() and text.isprintable())


def missing_client_error(key: str | None) -> errors.ProviderError:
    """The error of a call that cannot be made for want of a fit key; nothing is sent."""
    if not key:
        return errors.NoCredentials("There is no OpenAI API key.", hint=NO_KEY)
    return errors.CredentialsRejected(
        "The OpenAI API key, organization or project has characters that cannot be sent.",
        hint=BAD_KEY,
    )


def translated(error: Exception, card: ModelCard, key: str | None) -> errors.ProviderError:
    """Our error for an exception that came out of the SDK or its transport.

    Whatever may have been sent is OutcomeUnknown or below it. Neither `key` nor anything like
    a key passes through.
    """
    ours = _translated(error, card, redacted_message(error, key))
    ours.request_id = getattr(error, "request_id", None)
    ours.__cause__ = error
    return ours


def _translated(error: Exception, card: ModelCard, said: str) -> errors.ProviderError:
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(cause, BEFORE_DISPATCH):
        return errors.ProviderUnreachable("OpenAI could not be reached; nothing was sent.")
    if isinstance(cause, UnicodeEncodeError):  # raised while the request was put into bytes
        return errors.RequestRefused("The request has characters that cannot be sent.")
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return errors.ProviderTimedOut("OpenAI did not answer within the time limit.")
    if isinstance(error, APIStatusError):
        return _from_status(error, card, said)
    if isinstance(error, APIError) and not isinstance(error, APIConnectionError):
        return _from_stream(error, said)
    if isinstance(error, ValueError | RecursionError):
        return errors.OutcomeUnknown("OpenAI's stream could not be read.")
    return errors.OutcomeUnknown("The connection to OpenAI broke before its answer was whole.")


def _from_status(error: APIStatusError, card: ModelCard, said: str) -> errors.ProviderError:
    match error.status_code:
        case 401:
            return errors.CredentialsRejected("OpenAI does not accept the API key.", hint=BAD_KEY)
        case 403:
            return _not_permitted(error, said)
        case 408:  # a gateway's word; what it waited for may have painted
            return errors.ProviderTimedOut("OpenAI's gateway gave up waiting for the answer.")
        case 404:
            return _model_not_found(card)
        case 429:
            return _too_many(error)
        case status if status >= 500:
            return errors.ProviderFailed(f"OpenAI failed with status {status}.", status=status)
        case _:
            return _refused(error, said)


def _not_permitted(error: APIStatusError, said: str) -> errors.NotPermitted:
    if "verif" in str(error.message).lower():
        return errors.NotPermitted(
            "Your OpenAI organization is not verified for image models.", hint=VERIFY
        )
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


def _refused(error: APIStatusError, said: str) -> errors.ProviderError:
    if error.code in MODERATED:
        return _content_refused(error)
    return errors.RequestRefused(f"OpenAI refused the request: {said}")


def _from_stream(error: APIError, said: str) -> errors.ProviderError:
    if error.code in MODERATED:
        return _content_refused(error)
    return errors.OutcomeUnknown(f"OpenAI broke off while painting: {said}")


def _content_refused(error: APIError) -> errors.ContentRefused:
    found = field(error.body, "moderation_details")
    stage = clean(text_of(field(found, "moderation_stage")))
    named = field(found, "categories")
    named = named if isinstance(named, list) else [named]
    categories = [clean(name) for name in map(text_of, named) if name]
    where = {"input": " the prompt or an input picture", "output": " the painted picture"}
    about = f" ({', '.join(categories)})" if categories else ""
    refused = errors.ContentRefused(
        f"OpenAI's moderation refused{where.get(stage, ' the request')}{about}.",
        stage=stage or None,
        categories=categories,
    )
    if stage == "output":  # it was painted, and OpenAI does not say whether that is billed
        refused.charged = ChargeStatus.MAYBE
    return refused


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def redacted_message(error: Exception, key: str | None) -> str:
    """The provider's own words, short; `key` and everything like a key is blotted out."""
    if not isinstance(error, APIError):
        return ""
    said = clean(str(field(error.body, "message") or error.message))
    if key is not None and len(key) >= MIN_SECRET_LENGTH:
        for echo in secret_spellings(key):
            said = said.replace(echo, "[hidden]")
    return KEY_LIKE.sub("[hidden]", said)[:MAX_QUOTE_LENGTH]
