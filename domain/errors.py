"""Everything that can go wrong, as one tree; what providers do wrong is in provider_errors.py.

    ImageServiceError               code, message for people, hint, retryable, charged
    ├ InvalidRequest                invalid_request       (field)
    │ ├ UnsupportedByModel          unsupported_by_model  (option; names models that can)
    │ ├ KeyReused                   key_reused            the key means another request
    │ └ UnreadableImage             unreadable_image      (which input, why)
    ├ NotFound                      not_found
    ├ Canceled                      canceled
    ├ ShuttingDown                  shutting_down
    ├ Busy                          busy                  (retry_after) nothing was started
    │ └ TooManyRequests             too_many_requests     this client alone has asked too often
    ├ BudgetExhausted               budget_exhausted      (limit, spent; in budget_errors.py)
    ├ ArchiveUnavailable            archive_unavailable
    ├ CacheUnavailable              cache_unavailable
    ├ InternalError                 internal              (incident)
    ├ RecordedFailure                                     what a job ended with, told again later
    └ ProviderError                                       (request_id)
      ├ NoCredentials               no_credentials
      ├ CredentialsRejected         credentials_rejected
      ├ NotPermitted                not_permitted
      ├ ModelNotFound               model_not_found
      ├ ContentRefused              content_refused       (stage, categories)
      ├ RequestRefused              request_refused
      ├ RateLimited                 rate_limited          (retry_after)
      ├ QuotaExhausted              quota_exhausted
      ├ ProviderUnreachable         provider_unreachable  provably not dispatched
      ├ CircuitOpen                 provider_resting      (retry_after) it failed, and is spared
      ├ BadProviderReply            bad_provider_reply    what came instead is kept
      └ OutcomeUnknown              outcome_unknown       dispatched, and no word of the end
        ├ ProviderTimedOut          provider_timed_out
        └ ProviderFailed            provider_failed       (status)

No error here knows a wire: doors translate `code` to theirs. `code` never changes once released.
"""

from collections.abc import Mapping
from enum import StrEnum


class ChargeStatus(StrEnum):
    """Whether the provider may ask money for a call that failed."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class ImageServiceError(Exception):
    """A failure that a person can read: what happened, why, and what to do next."""

    code: str
    retryable: bool = False
    charged: ChargeStatus = ChargeStatus.NO
    default_hint: str = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    def details(self) -> Mapping[str, object]:
        """Facts for programs beside the words; JSON values only, empty ones left out."""
        return {}


class InvalidRequest(ImageServiceError):
    """The request cannot be served as it stands; nothing was sent."""

    code = "invalid_request"

    def __init__(self, message: str, *, field: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.field = field

    def details(self) -> Mapping[str, object]:
        return {"field": self.field}


class UnsupportedByModel(InvalidRequest):
    """The model cannot do what was asked; the hint names one that can."""

    code = "unsupported_by_model"


class KeyReused(InvalidRequest):
    """The caller has asked for something else under this key before."""

    code = "key_reused"
    default_hint = "Choose a new key for each request that is not the same as before."

    def __init__(self, key: str) -> None:
        super().__init__(f"The key {key!r} was used for another request.", field="Idempotency-Key")


class UnreadableImage(InvalidRequest):
    """Bytes that should be a picture are not one that we can take."""

    code = "unreadable_image"
    default_hint = "Send a whole PNG, JPEG or WebP picture."

    def __init__(self, message: str, *, field: str = "image", hint: str | None = None) -> None:
        super().__init__(message, field=field, hint=hint)


class NotFound(ImageServiceError):
    """No such thing, or it is somebody else's."""

    code = "not_found"


class Canceled(ImageServiceError):
    """The caller left before anything was sent to the provider."""

    code = "canceled"
    retryable = True


class ShuttingDown(ImageServiceError):
    """The service takes no new work because it is about to end."""

    code = "shutting_down"
    retryable = True
    default_hint = "Try again when the server is back."


class Busy(ImageServiceError):
    """As much as may wait is waiting already; `retry_after` is in seconds."""

    code = "busy"
    retryable = True
    default_hint = "Ask again a little later."

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def details(self) -> Mapping[str, object]:
        return {"retry_after": round(self.retry_after, 1)}


class TooManyRequests(Busy):
    """One client has asked more often than it may."""

    code = "too_many_requests"


class ArchiveUnavailable(ImageServiceError):
    """Pictures or job records cannot be written, so nothing was sent to the provider."""

    code = "archive_unavailable"
    retryable = True
    default_hint = "Make room on the disk or choose folders that can be written."


class CacheUnavailable(ImageServiceError):
    """The cache cannot be used; callers take it as a miss and go on."""

    code = "cache_unavailable"
    retryable = True
    default_hint = "Calls work without the cache, and cost what they cost. Check its folder."


class InternalError(ImageServiceError):
    """Something that we did not foresee; its text stays in the log under the incident's id."""

    code = "internal"
    charged = ChargeStatus.MAYBE
    default_hint = "Look in the server's log for the incident, and please report it."

    def __init__(self, incident: str) -> None:
        super().__init__(f"Something went wrong inside the server (incident {incident}).")
        self.incident = incident

    def details(self) -> Mapping[str, object]:
        return {"incident": self.incident}


class RecordedFailure(ImageServiceError):
    """What a job ended with, told again from its record: under the code that it had then."""

    def __init__(
        self, message: str, *, code: str, hint: str, retryable: bool, charged: ChargeStatus
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.retryable = retryable
        self.charged = charged

    @classmethod
    def of(cls, error: ImageServiceError) -> "RecordedFailure":
        """What will be told of this error later."""
        return cls(
            error.message,
            code=error.code,
            hint=error.hint,
            retryable=error.retryable,
            charged=error.charged,
        )
