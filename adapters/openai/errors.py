"""Maps the SDK's exceptions to the domain's provider errors."""

from collections.abc import Mapping

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
)

from adapters.openai.bounded_http_client import REDIRECT
from adapters.openai.translate import get_field, text_or_empty
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
"""Errors after which no byte of the request has left: they are raised while the connection is made
(with a proxy: before its tunnel is open), or while the head of the request is put together. No
request is sent to a second address, so none of them can follow a request that was sent."""

MAX_TARGET = 200
"""Characters of a redirect's URL in a message."""
MODERATED = ("moderation_blocked", "content_policy_violation")

NO_KEY = "Set OPENAI_API_KEY in the server's environment, or PROVIDER=sketch for offline sketches."
BAD_KEY = "Check OPENAI_API_KEY: it may be mistyped, expired, or from another project."
VERIFY = (
    "GPT Image models require a verified organization: platform.openai.com → Settings → "
    "Organization → General → Verify. It can take 15 minutes to take effect."
)
BILLING = "Add credit or raise the limit at platform.openai.com → Settings → Billing."
REDIRECTED = (
    "The server follows no redirects, because they would send your images to another address. "
    "Set OPENAI_BASE_URL to the address of the API itself."
)


def can_be_sent(text: str | None) -> bool:
    """Whether an HTTP header can carry the text; None, an absent header, counts as yes."""
    return text is None or (text.isascii() and text.isprintable())


def missing_client_error(key: str | None) -> errors.ProviderError:
    """The error of a call without a usable API key; nothing was sent."""
    if not key:
        return errors.NoCredentials("OPENAI_API_KEY is not set.", hint=NO_KEY)
    return errors.CredentialsRejected(
        "The OpenAI API key, organization or project contains invalid characters.",
        hint=BAD_KEY,
    )


def to_provider_error(
    error: Exception, card: ModelCard, *, answered: bool = False
) -> errors.ProviderError:
    """The provider error for an exception of the SDK or its transport.

    `answered`: it was raised while a reply with status 2xx was read.
    If the request may have been sent and its outcome is unknown, the result is an OutcomeUnknown.
    Its texts quote the provider: the Redaction safeguard bounds and redacts them.
    """
    provider_error = _classify(error, card, _message(error), answered=answered)
    provider_error.request_id = getattr(error, "request_id", None)
    provider_error.__cause__ = error
    return provider_error


def _classify(
    error: Exception, card: ModelCard, message: str, *, answered: bool
) -> errors.ProviderError:
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(cause, BEFORE_DISPATCH) and not answered:
        return errors.ProviderUnreachable("OpenAI could not be reached; nothing was sent.")
    if isinstance(error, UnicodeEncodeError) and not answered:  # while the request was encoded
        return errors.RequestRefused("The request contains characters that cannot be sent.")
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return errors.ProviderTimedOut("OpenAI did not answer within the time limit.")
    if isinstance(error, APIStatusError):
        return _from_status(error, card, message)
    if isinstance(error, APIError) and not isinstance(error, APIConnectionError):
        return _from_stream(error, message)
    if isinstance(error, ValueError | RecursionError):
        return errors.OutcomeUnknown("OpenAI's stream could not be parsed.")
    return errors.OutcomeUnknown("The connection to OpenAI broke before the reply was complete.")


def _from_status(error: APIStatusError, card: ModelCard, message: str) -> errors.ProviderError:
    match error.status_code:
        case status if 300 <= status < 400:
            return _redirected(error.response)
        case 401:
            return errors.CredentialsRejected("OpenAI rejected the API key.", hint=BAD_KEY)
        case 403:
            return _not_permitted(error, message)
        case 408:  # from a gateway; the provider behind it may have generated the image
            return errors.ProviderTimedOut("OpenAI's gateway timed out.")
        case 404:
            return _model_not_found(card)
        case 429:
            return _rate_limited(error)
        case status if status >= 500:
            return errors.ProviderFailed(f"OpenAI failed with status {status}.", status=status)
        case _:
            return _request_refused(error, message)


def _redirected(response: httpx2.Response) -> errors.RequestRefused:
    endpoint, location = response.request.url, response.extensions.get(REDIRECT)
    target = _redirect_target(location, endpoint) if location else ""
    return errors.RequestRefused(
        f"OPENAI_BASE_URL points to {endpoint.scheme}://{endpoint.netloc.decode('ascii')}, "
        f"which answered with status {response.status_code}"
        + (f" and redirects to {target}." if target else " instead of an image."),
        hint=REDIRECTED,
    )


def _redirect_target(location: str, endpoint: httpx2.URL) -> str:
    """The redirect's URL without credentials and query; empty if it cannot be shown.

    That is a URL with another scheme than HTTP, with unprintable characters, or over MAX_TARGET.
    """
    try:
        url = endpoint.join(location)
        target = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
    except (httpx2.InvalidURL, ValueError):
        return ""
    is_readable = url.scheme in ("http", "https") and url.host and target.isprintable()
    return target if is_readable and len(target) <= MAX_TARGET else ""


def _not_permitted(error: APIStatusError, message: str) -> errors.NotPermitted:
    if "verif" in str(error.message).lower():
        return errors.NotPermitted(
            "Your OpenAI organization is not verified for image models.", hint=VERIFY
        )
    return errors.NotPermitted(
        f"OpenAI does not allow your project to do this: {message}", hint=VERIFY
    )


def _model_not_found(card: ModelCard) -> errors.ModelNotFound:
    successor = card.successor or "gpt-image-2.6-flare"
    return errors.ModelNotFound(
        f"Model {card.name!r} is not available with this API key.",
        hint=f"It may be retired, or not open to your project. Try {successor!r}.",
    )


def _rate_limited(error: APIStatusError) -> errors.ProviderError:
    if error.code == "insufficient_quota":
        return errors.QuotaExhausted("The OpenAI account's quota is used up.", hint=BILLING)
    seconds = _retry_after(error.response.headers)
    when = "" if seconds is None else f" Retry in {seconds:g} s."
    return errors.RateLimited(f"OpenAI's rate limit was reached.{when}", retry_after=seconds)


def _request_refused(error: APIStatusError, message: str) -> errors.ProviderError:
    if error.code in MODERATED:
        return _content_refused(error)
    return errors.RequestRefused(f"OpenAI rejected the request: {message}")


def _from_stream(error: APIError, message: str) -> errors.ProviderError:
    if error.code in MODERATED:
        return _content_refused(error)
    return errors.OutcomeUnknown(f"OpenAI stopped while generating: {message}")


def _content_refused(error: APIError) -> errors.ContentRefused:
    details = get_field(error.body, "moderation_details")
    stage = text_or_empty(get_field(details, "moderation_stage"))
    names = get_field(details, "categories")
    names = names if isinstance(names, list) else [names]
    categories = [name for name in map(text_or_empty, names) if name]
    where = {"input": " the prompt or an input image", "output": " the generated image"}
    about = f" ({', '.join(categories)})" if categories else ""
    refused = errors.ContentRefused(
        f"OpenAI's moderation rejected{where.get(stage, ' the request')}{about}.",
        stage=stage or None,
        categories=categories,
    )
    if stage == "output":  # generated first; OpenAI does not document whether that is billed
        refused.charged = ChargeStatus.MAYBE
    return refused


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _message(error: Exception) -> str:
    """The provider's own message."""
    if not isinstance(error, APIError):
        return ""
    return str(get_field(error.body, "message") or error.message)
