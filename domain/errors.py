"""The error tree. Provider errors are in provider_errors.py, budget errors in money/.

    ImageServiceError               code, message for people, hint, retryable, charged
    ├ InvalidRequest                invalid_request       (field, errors)
    │ ├ UnsupportedByModel          unsupported_by_model  (field) the hint names a model that can
    │ ├ KeyReused                   key_reused            the key belongs to a different request
    │ └ UnreadableImage             unreadable_image      (field) no intact PNG, JPEG or WebP
    ├ NotFound                      not_found             (field) unknown ID, or of another owner
    ├ Canceled                      canceled              before anything was sent
    ├ ShuttingDown                  shutting_down
    ├ Busy                          busy                  (retry_after) the request must wait
    │ ├ QueueFull                   busy                  (retry_after) that of one provider
    │ └ TooManyRequests             too_many_requests     (retry_after) this client's rate limit
    ├ BudgetExhausted               budget_exhausted      (budget, limit, spent, resets_at)
    ├ ConfirmationRequired          confirmation_required (estimate, limit) a person must agree
    ├ ArchiveUnavailable            archive_unavailable   images or records cannot be written
    ├ CacheUnavailable              cache_unavailable     treated as a cache miss
    ├ InternalError                 internal              (incident) a bug
    ├ RecordedFailure               (as recorded)         a job's error, read from its record
    └ ProviderError                                       (request_id, quarantined)
      ├ InvalidSettings             invalid_settings      names the variable
      ├ NoCredentials               no_credentials
      ├ CredentialsRejected         credentials_rejected
      ├ NotPermitted                not_permitted
      ├ ModelNotFound               model_not_found
      ├ ContentRefused              content_refused       (stage, categories)
      ├ RequestRefused              request_refused
      ├ ConversationLost            conversation_lost     its earlier turns are gone there
      ├ RateLimited                 rate_limited          (retry_after)
      ├ QuotaExhausted              quota_exhausted
      ├ ProviderUnreachable         provider_unreachable  provably not sent
      ├ CircuitOpen                 provider_resting      (retry_after) it failed several times
      ├ BadProviderReply            bad_provider_reply    no usable image; the reply is saved
      └ OutcomeUnknown              outcome_unknown       sent, and the outcome is unknown
        ├ ProviderTimedOut          provider_timed_out
        ├ WorkLost                  work_lost             accepted, and not known any more
        └ ProviderFailed            provider_failed       (status)

Entry points map `code`, which never changes, to exit codes and HTTP status codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_FAULTS = 20
"""Of one error: a request with more is no slip."""


class ChargeStatus(StrEnum):
    """Whether the provider may bill a failed call."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class ImageServiceError(Exception):
    """A failure with a readable text: what happened, why, and what to do next."""

    code: str
    retryable: bool = False
    charged: ChargeStatus = ChargeStatus.NO
    default_hint: str = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    def details(self) -> Mapping[str, object]:
        """Facts for programs, as JSON values; empty ones are left out."""
        return {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request."""

    field: str
    message: str
    hint: str


class InvalidRequest(ImageServiceError):
    """The request is invalid; nothing was sent.

    `field` is what the first of its `faults` is about.
    """

    code = "invalid_request"

    def __init__(self, message: str, *, field: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.field = field
        self.combined_faults: tuple[Fault, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong; an error that stands alone is its own only fault."""
        return self.combined_faults or (Fault(self.field, self.message, self.hint),)

    @classmethod
    def of(cls, errors: Sequence["InvalidRequest"]) -> "InvalidRequest":
        """One error for all of these, at least one; of very many, the first MAX_FAULTS."""
        if len(errors) == 1:
            return errors[0]
        faults = tuple(fault for error in errors for fault in error.faults)[:MAX_FAULTS]
        message = " ".join(fault.message for fault in faults)
        hint = " ".join(dict.fromkeys(fault.hint for fault in faults if fault.hint))
        kinds = {type(error) for error in errors}
        kind = kinds.pop() if kinds in ({UnsupportedByModel}, {UnreadableImage}) else InvalidRequest
        combined = kind(message, field=faults[0].field, hint=hint)
        combined.combined_faults = faults
        return combined

    def details(self) -> Mapping[str, object]:
        errors = [
            {"field": fault.field, "message": fault.message, "hint": fault.hint}
            for fault in self.faults
        ]
        return {"field": self.field, "errors": errors}


class UnsupportedByModel(InvalidRequest):
    """The model does not support an option; the hint names a model that does."""

    code = "unsupported_by_model"


class KeyReused(InvalidRequest):
    """The caller used this idempotency key for a different request before."""

    code = "key_reused"
    default_hint = "Use a new key for each new request."

    def __init__(self, key: str, job_id: str = "") -> None:
        message = f"The idempotency key {key!r} was already used for a different request."
        first = f" If it is the same one, {job_id} has its images: last means others by now."
        hint = f"{self.default_hint}{first if job_id else ''}"
        super().__init__(message, field="Idempotency-Key", hint=hint)


class UnreadableImage(InvalidRequest):
    """The bytes are not an image that can be read; nothing was sent."""

    code = "unreadable_image"
    default_hint = "Send a complete PNG, JPEG or WebP image."

    def __init__(self, message: str, *, field: str = "image", hint: str | None = None) -> None:
        super().__init__(message, field=field, hint=hint)


class NotFound(ImageServiceError):
    """Nothing has this ID, or it belongs to another owner.

    `field` is the argument that has the ID, where a request has several. `noun` says what has no
    such ID, if that is known.
    """

    code = "not_found"
    field = ""
    noun = ""

    def details(self) -> Mapping[str, object]:
        return {"field": self.field} if self.field else {}

    @classmethod
    def of_id(cls, noun: str, id_: str) -> "NotFound":
        """The error for an unknown ID of an `image`, a `job` or a `mask`; a long ID is cut."""
        hint = "Use an ID from an earlier result, exactly as it was returned."
        error = cls(f"No {noun} with ID {id_[:80]}.", hint=hint)
        error.noun = noun
        return error


class Canceled(ImageServiceError):
    """The caller canceled or disconnected before anything was sent to the provider."""

    code = "canceled"
    retryable = True

    def __init__(self, message: str = "The request was canceled before it was sent.") -> None:
        super().__init__(message)


class ShuttingDown(ImageServiceError):
    """The service is shutting down and accepts no new jobs."""

    code = "shutting_down"
    retryable = True
    default_hint = "Retry when the server is running again."

    def __init__(
        self, message: str = "The server is shutting down and starts no new work."
    ) -> None:
        super().__init__(message)


class Busy(ImageServiceError):
    """The request must wait, so nothing was started; `retry_after` is in seconds."""

    code, retryable = "busy", True
    default_hint = "Retry later."

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def details(self) -> Mapping[str, object]:
        return {"retry_after": round(self.retry_after, 1)}


class QueueFull(Busy):
    """All slots of a provider are taken, and its queue is full."""


class TooManyRequests(Busy):
    """One client exceeded its own rate limit; nothing was started."""

    code = "too_many_requests"


class ArchiveUnavailable(ImageServiceError):
    """Images or job records cannot be written, so nothing was sent to the provider."""

    code, retryable = "archive_unavailable", True
    default_hint = "Free up disk space, or choose folders that the server can write to."

    @staticmethod
    def permission_hint(setting: str, folder: object, user: int | None) -> str:
        """What to do if the user with this ID may not write to the folder of a setting.

        `user` is None on systems where users have no number.
        """
        if user is None:
            return f"Make {setting} ({folder}) writable for the user that runs the server."
        return (
            f"User {user} cannot write to {setting}. Change the owner, for example with "
            f'chown -R {user} "{folder}", or set {setting} to another folder.'
        )


class CacheUnavailable(ImageServiceError):
    """The cache cannot be used; callers treat it as a miss and continue."""

    code, retryable = "cache_unavailable", True
    default_hint = "Requests still work, at full cost. Check the cache folder."


class InternalError(ImageServiceError):
    """An unexpected error. Its own text stays in the log, under the incident ID."""

    code = "internal"
    charged = ChargeStatus.MAYBE
    default_hint = "Look up the incident in the server's log, and please report it as a bug."

    def __init__(self, incident: str) -> None:
        super().__init__(f"An internal error occurred (incident {incident}).")
        self.incident = incident

    def details(self) -> Mapping[str, object]:
        return {"incident": self.incident}


class RecordedFailure(ImageServiceError):
    """The error that a job ended with, read from its record or log, with the code it had then."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str,
        retryable: bool,
        charged: ChargeStatus,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.retryable = retryable
        self.charged = charged
        self._details = details or {}

    def details(self) -> Mapping[str, object]:
        return self._details

    @classmethod
    def of(cls, error: ImageServiceError) -> "RecordedFailure":
        """The record of this error."""
        return cls(
            error.message,
            code=error.code,
            hint=error.hint,
            retryable=error.retryable,
            charged=error.charged,
        )
