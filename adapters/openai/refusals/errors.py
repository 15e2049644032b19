"""Maps the SDK's exceptions to the domain's provider errors."""

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
)

from adapters.openai.network.bounded_http_client import REDIRECT
from adapters.openai.network.endpoint import Endpoint
from adapters.openai.refusals.error_body import read_error, read_error_response
from adapters.openai.refusals.refusal_rules import (
    Refusal,
    is_model_missing,
    key_hint,
    model_not_found,
    refusal_error,
)
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

NO_KEY = "Set {key} in the server's environment, or PROVIDER=sketch for offline sketches."
REDIRECTED = (
    "The server follows no redirects, because they would send your images to another address. "
    "Set {url} to the address of the API itself."
)
BROKEN_OFF = (460, 499)
"""Statuses of load balancers for a caller that closed the connection, here the gateway itself."""
LATE_STATUSES = (504, 522, 524)
"""Statuses of a gateway that waited for the service behind it; the last two are Cloudflare's."""


def can_be_sent(text: str | None) -> bool:
    """Whether an HTTP header can carry the text; None, an absent header, counts as yes."""
    return text is None or (text.isascii() and text.isprintable())


def missing_client_error(key: str | None, endpoint: Endpoint) -> errors.ProviderError:
    """The error of a call without a usable API key; nothing was sent."""
    if not key:
        name = endpoint.settings.key
        return errors.NoCredentials(f"{name} is not set.", hint=NO_KEY.format(key=name))
    return errors.CredentialsRejected(
        "The API key, organization or project contains invalid characters.",
        hint=key_hint(endpoint),
    )


def to_provider_error(
    error: Exception, card: ModelCard, endpoint: Endpoint, *, answered: bool = False
) -> errors.ProviderError:
    """The provider error for an exception of the SDK or its transport.

    `answered`: it was raised while a reply with status 2xx was read.
    If the request may have been sent and its outcome is unknown, the result is an OutcomeUnknown.
    Its texts quote the provider: the Redaction safeguard bounds and redacts them.
    """
    provider_error = _classify(error, card, endpoint, answered=answered)
    provider_error.request_id = getattr(error, "request_id", None)
    provider_error.__cause__ = error
    return provider_error


def _classify(
    error: Exception, card: ModelCard, endpoint: Endpoint, *, answered: bool
) -> errors.ProviderError:
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(cause, BEFORE_DISPATCH) and not answered:
        text = f"{endpoint.title} could not be reached; nothing was sent."
        return errors.ProviderUnreachable(text)
    if isinstance(error, UnicodeEncodeError) and not answered:  # while the request was encoded
        return errors.RequestRefused("The request contains characters that cannot be sent.")
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        text = f"{endpoint.title} did not answer within the time limit."
        return errors.ProviderTimedOut(text)
    if isinstance(error, APIStatusError):
        return _from_status(error.response, card, endpoint)
    if isinstance(error, APIError) and not isinstance(error, APIConnectionError):
        return error_in_reply(error.body, card, endpoint)
    if isinstance(error, ValueError | RecursionError):
        return errors.OutcomeUnknown(f"The stream of {endpoint} could not be parsed.")
    text = f"The connection to {endpoint} broke before the reply was complete."
    return errors.OutcomeUnknown(text)


def _from_status(
    response: httpx2.Response, card: ModelCard, endpoint: Endpoint
) -> errors.ProviderError:
    status = response.status_code
    if 300 <= status < 400:
        return _redirected(response, endpoint)
    body = read_error_response(response)
    refusal = Refusal(
        status=status,
        body=body,
        headers=response.headers,
        endpoint=endpoint,
        card=card,
        path=response.request.url.path,
    )
    if status == 408:  # from a gateway; the provider behind it may have generated the image
        return errors.ProviderTimedOut(f"The gateway of {endpoint} timed out.")
    if status in BROKEN_OFF:
        text = f"The gateway of {endpoint} broke off the call (status {status})"
        return errors.OutcomeUnknown(refusal.quoted(text) if body.message else f"{text}.")
    if status >= 500 and is_model_missing(refusal):
        return model_not_found(refusal)
    if status >= 500:
        return errors.ProviderFailed(_failure(refusal), status=status)
    return refusal_error(refusal)


def _failure(refusal: Refusal) -> str:
    """The text for a status of 5xx: a page comes from a gateway in front of the service."""
    endpoint, status = refusal.endpoint, refusal.status
    if not refusal.body.page:
        text = f"{endpoint.title} failed with status {status}"
        return refusal.quoted(text) if refusal.body.message else f"{text}."
    what = "waited too long for" if status in LATE_STATUSES else "got no answer from"
    text = f"The gateway of {endpoint} {what} the service behind it (status {status})"
    return refusal.quoted(text)


def error_in_reply(value: object, card: ModelCard, endpoint: Endpoint) -> errors.ProviderError:
    """The error for one that came with status 2xx: after generating had begun, or might have.

    A refusal by moderation or for lack of credit is recognized, and one because an earlier turn is
    gone. The rest is an OutcomeUnknown.
    """
    refusal = Refusal(status=200, body=read_error(value), headers={}, endpoint=endpoint, card=card)
    error = refusal_error(refusal)
    if isinstance(error, errors.ContentRefused | errors.ConversationLost):
        return error
    if isinstance(error, errors.QuotaExhausted):
        error.charged = ChargeStatus.MAYBE
        return error
    return errors.OutcomeUnknown(refusal.quoted(f"{endpoint.title} stopped while generating"))


def _redirected(response: httpx2.Response, endpoint: Endpoint) -> errors.RequestRefused:
    url, location = response.request.url, response.extensions.get(REDIRECT)
    target = _redirect_target(location, url) if location else ""
    name = endpoint.settings.url
    return errors.RequestRefused(
        f"{name} points to {url.scheme}://{url.netloc.decode('ascii')}, "
        f"which answered with status {response.status_code}"
        + (f" and redirects to {target}." if target else " instead of an image."),
        hint=REDIRECTED.format(url=name),
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
