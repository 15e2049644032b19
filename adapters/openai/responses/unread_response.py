"""The errors of reading a response in the background, which goes on whether it is read or not.

None of them says that nothing was generated, whatever the error of the one read says.
"""

from typing import TypeVar

from openai import APIStatusError

from adapters.openai.replies.reply_reader import FROM_SDK
from domain.provider_errors import OutcomeUnknown, ProviderError, ProviderTimedOut, WorkLost

E = TypeVar("E", bound=ProviderError)

NOT_FOUND = 404
PASSING = (408, 409, 425, 429)
"""Statuses below 500 after which the same read may succeed."""
IN_WORDS = {"queued": "queued", "in_progress": "in progress"}
GOES_ON = (
    "The provider has accepted the request, and works on it without the server. The same request "
    "sent again would be charged again."
)
GONE = (
    "OpenAI keeps responses for 30 days, for the project that sent the request. Check that the API "
    "key is of that project. The image may have been generated and billed."
)


def is_about_the_response(error: ProviderError) -> bool:
    """Whether the response itself was read and says this, and not an error on the way to it."""
    is_on_the_way = isinstance(error, OutcomeUnknown) or isinstance(error.__cause__, FROM_SDK)
    return not is_on_the_way


def is_unknown(error: ProviderError) -> bool:
    """Whether the endpoint has no such response."""
    return _status(error) == NOT_FOUND


def is_refused(error: ProviderError) -> bool:
    """Whether the endpoint refuses the read, and would refuse the next one too."""
    status = _status(error)
    return status is not None and status < 500 and status not in PASSING


def _status(error: ProviderError) -> int | None:
    cause = error.__cause__
    return cause.status_code if isinstance(cause, APIStatusError) else None


def lost_error(title: str, error: ProviderError) -> WorkLost:
    """The error if the endpoint does not know the response, or no longer."""
    text = f"{title} does not have the response of this job, or no longer."
    return _of(WorkLost(text, hint=GONE), error)


def unread_error(title: str, error: ProviderError) -> OutcomeUnknown:
    """The error if the response cannot be read now."""
    text = f"{title} accepted the request, but its response could not be read: {error.message}"
    return _of(OutcomeUnknown(text, hint=GOES_ON), error)


def late_error(title: str, status: str, error: ProviderError) -> ProviderTimedOut:
    """The error if the response has not ended within the time limit; `status` is the last known."""
    state = IN_WORDS.get(status, "not finished")
    text = f"{title} did not finish the response within the time limit; it was {state}."
    return _of(ProviderTimedOut(text, hint=GOES_ON), error)


def _of(new: E, error: ProviderError) -> E:
    """The new error with what the old one knows of the reply."""
    new.request_id, new.raw_remainder = error.request_id, error.raw_remainder
    return new
