"""Maps what the SDK raises, and what Google refuses, to the domain's provider errors."""

import httpx2

from adapters.gemini.error_words import read_body
from adapters.gemini.gemini_endpoint import GeminiEndpoint
from adapters.gemini.gemini_refusals import GeminiRefusal, refusal_error
from domain import provider_errors as errors
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
"""Errors after which no byte of the request has left."""
BROKEN_OFF = (460, 499)
"""Statuses for a caller that closed the connection, here a proxy itself."""

NO_KEY = "Set GEMINI_API_KEY in the server's environment: aistudio.google.com → Get API key."
NO_REDIRECTS = "The server follows no redirects. Set GEMINI_BASE_URL to the address of the API."


def can_be_sent(text: str) -> bool:
    """Whether an HTTP header can carry the text."""
    return text.isascii() and text.isprintable()


def missing_key_error() -> errors.NoCredentials:
    """The error of a call without an API key; nothing was sent."""
    return errors.NoCredentials("GEMINI_API_KEY is not set.", hint=NO_KEY)


def is_from_sdk(error: Exception) -> bool:
    """Whether the SDK or its transport raised it. The SDK exports no class of all its errors."""
    is_transport = isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | TimeoutError)
    module = type(error).__module__
    return is_transport or isinstance(error, ValueError) or module.startswith("google.")


def is_missing(error: Exception) -> bool:
    """Whether the API itself, and not a proxy's page, says that it does not have what is asked."""
    response: httpx2.Response | None = getattr(error, "response", None)
    if response is None or response.status_code != 404:
        return False
    return not read_body(response.content).page


def to_provider_error(
    error: Exception, card: ModelCard, endpoint: GeminiEndpoint, *, answered: bool
) -> errors.ProviderError:
    """The provider error for an exception of the SDK or its transport.

    `answered`: it was raised while a reply with status 2xx was read. If the request may have been
    sent and its outcome is unknown, the result is an OutcomeUnknown.
    """
    response: httpx2.Response | None = getattr(error, "response", None)
    if response is not None and not answered:
        return status_error(response, card, endpoint)
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(cause, BEFORE_DISPATCH) and not answered:
        return errors.ProviderUnreachable(
            f"{endpoint.title} could not be reached; nothing was sent."
        )
    if isinstance(cause, httpx2.TimeoutException | TimeoutError):
        return errors.ProviderTimedOut(f"{endpoint.title} did not answer within the time limit.")
    if isinstance(cause, ValueError) and not answered:  # while the request was put together
        return errors.RequestRefused("The request has characters or values that cannot be sent.")
    return errors.OutcomeUnknown(
        f"The connection to {endpoint} broke before the reply was complete."
    )


def status_error(
    response: httpx2.Response, card: ModelCard, endpoint: GeminiEndpoint
) -> errors.ProviderError:
    """The error for a reply with a status other than 2xx, with its request ID."""
    refusal = GeminiRefusal(
        status=response.status_code,
        words=read_body(response.content),
        headers=response.headers,
        endpoint=endpoint,
        card=card,
    )
    error = _of_status(refusal)
    error.request_id = request_id(response)
    return error


def request_id(response: httpx2.Response) -> str | None:
    """The ID of the call, if Google or a proxy in front of it sent one."""
    names = ("x-request-id", "x-goog-request-id", "x-cloud-trace-context")
    return next(filter(None, (response.headers.get(name) for name in names)), None)


def _of_status(refusal: GeminiRefusal) -> errors.ProviderError:
    status, endpoint = refusal.status, refusal.endpoint
    if 300 <= status < 400:
        text = f"GEMINI_BASE_URL points to {endpoint.shown}, which redirects (status {status})."
        return errors.RequestRefused(text, hint=NO_REDIRECTS)
    if status == 408:
        return errors.ProviderTimedOut(f"{endpoint.title} timed out.")
    if status in BROKEN_OFF:
        return errors.OutcomeUnknown(refusal.quoted(f"{endpoint.title} broke off the call"))
    if status >= 500:
        text = f"{endpoint.title} failed with status {status}"
        said_so = refusal.words.message or refusal.words.page
        return errors.ProviderFailed(refusal.quoted(text) if said_so else f"{text}.", status=status)
    return refusal_error(refusal)
