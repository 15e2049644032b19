"""Errors of the provider or on the way to it: the branch of the tree below ProviderError."""

from collections.abc import Mapping, Sequence

from domain.errors import ChargeStatus, ImageServiceError
from domain.results import Usage


class ProviderError(ImageServiceError):
    """The provider refused, failed, or did not answer.

    `raw_remainder` is what arrived of a reply, which may be billed; `quarantined` says where it
    is saved. `request_id` is the provider's own ID of the call. `usage` are the tokens that it
    counted all the same, if it did.
    """

    request_id: str | None = None
    usage: Usage | None = None
    raw_remainder: tuple[bytes, ...] = ()
    quarantined: tuple[str, ...] = ()

    def details(self) -> Mapping[str, object]:
        facts = {"request_id": self.request_id, "quarantined": list(self.quarantined)}
        return {name: fact for name, fact in facts.items() if fact}


class NoCredentials(ProviderError):
    """No API key is set."""

    code = "no_credentials"


class InvalidSettings(ProviderError):
    """A setting, or a variable of the network, is invalid, so that no call can be made.

    The message names the variable.
    """

    code = "invalid_settings"


class CredentialsRejected(ProviderError):
    """The provider rejects the API key."""

    code = "credentials_rejected"


class NotPermitted(ProviderError):
    """The API key is valid, but its organization or project lacks the permission."""

    code = "not_permitted"


class ModelNotFound(ProviderError):
    """The provider does not have the model, or no longer."""

    code = "model_not_found"


class ContentRefused(ProviderError):
    """The provider's moderation refused the prompt, an input image or the result."""

    code = "content_refused"
    default_hint = "Change the prompt or the input images. The same request would be refused again."

    def __init__(
        self, message: str, *, stage: str | None = None, categories: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.categories = tuple(categories)

    def details(self) -> Mapping[str, object]:
        facts = {"stage": self.stage, "categories": list(self.categories)}
        return {**super().details(), **{name: fact for name, fact in facts.items() if fact}}


class RequestRefused(ProviderError):
    """The provider refused the request, although it passed our own checks.

    `parameter` is the provider's name of what it does not take; empty if it names nothing known.
    `cannot_edit`: the provider edits no images at all.
    """

    code = "request_refused"
    default_hint = "Change the option that the provider's message names."
    parameter: str = ""
    cannot_edit: bool = False


class ConversationLost(ProviderError):
    """The provider no longer has the earlier turns that the request continues."""

    code = "conversation_lost"


class RateLimited(ProviderError):
    """The provider's rate limit was reached; `retry_after` is in seconds, None if unknown."""

    code = "rate_limited"
    retryable = True
    default_hint = "Wait, then retry."

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def details(self) -> Mapping[str, object]:
        known = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {**super().details(), **known}


class QuotaExhausted(ProviderError):
    """The account's credit or monthly limit is used up."""

    code = "quota_exhausted"


class ProviderUnreachable(ProviderError):
    """No connection was made, so the request was provably not sent."""

    code = "provider_unreachable"
    retryable = True
    default_hint = "Check the network, the proxy settings and the endpoint, then retry."


class CircuitOpen(ProviderError):
    """The circuit breaker is open after repeated failures; `retry_after` is in seconds."""

    code = "provider_resting"
    retryable = True
    default_hint = "Retry after that time. Cached results are still served."

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def details(self) -> Mapping[str, object]:
        return {**super().details(), "retry_after": round(self.retry_after, 1)}


class BadProviderReply(ProviderError):
    """The provider's reply has no usable image; `raw_remainder` is what arrived of it.

    `links` are images that the provider generated and the server did not fetch. The message has
    them too.
    """

    code = "bad_provider_reply"
    charged = ChargeStatus.MAYBE
    default_hint = "This call may be billed. Check your account's usage page before retrying."

    def __init__(self, message: str, *, raw_remainder: Sequence[bytes] = ()) -> None:
        super().__init__(message)
        self.raw_remainder = tuple(raw_remainder)
        self.links: tuple[str, ...] = ()

    def details(self) -> Mapping[str, object]:
        return {**super().details(), **({"links": list(self.links)} if self.links else {})}


class OutcomeUnknown(ProviderError):
    """The request was sent, and its outcome is unknown; it is never retried automatically."""

    code = "outcome_unknown"
    charged = ChargeStatus.MAYBE
    default_hint = (
        "The image may have been generated and billed. Check your account's usage page before "
        "retrying. The server did not retry, because that could bill you twice."
    )


class ProviderTimedOut(OutcomeUnknown):
    """No complete reply arrived within the time limit."""

    code = "provider_timed_out"


class WorkLost(OutcomeUnknown):
    """The provider accepted the work and does not know it, or no longer: asking again is useless.

    Any other OutcomeUnknown of accepted work means that the outcome can be read later.
    """

    code = "work_lost"


class ProviderFailed(OutcomeUnknown):
    """The provider answered with a server error (status 5xx)."""

    code = "provider_failed"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status

    def details(self) -> Mapping[str, object]:
        return {**super().details(), "status": self.status}


ON_THE_WAY = (
    CircuitOpen,
    CredentialsRejected,
    InvalidSettings,
    NoCredentials,
    ProviderUnreachable,
    RateLimited,
)
"""Errors of one request that say nothing of work that was accepted before it."""


def is_readable_later(error: ProviderError) -> bool:
    """Whether the outcome of accepted work may still be read after this error."""
    is_open = isinstance(error, OutcomeUnknown) and not isinstance(error, WorkLost)
    return is_open or isinstance(error, ON_THE_WAY)
