"""Everything that can go wrong, as one tree.

    StudioError                     code, message for people, hint, retryable, charged
    ├ InvalidRequest                invalid_request       (field)
    │ ├ UnsupportedByModel          unsupported_by_model  (option; names models that can)
    │ └ UnreadableImage             unreadable_image      (which input, why)
    ├ NotFound                      not_found
    ├ Canceled                      canceled
    ├ ShuttingDown                  shutting_down
    ├ ArchiveUnavailable            archive_unavailable
    ├ InternalError                 internal              (incident)
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
      ├ BadProviderReply            bad_provider_reply    (rubbish: what came instead of pictures)
      └ OutcomeUnknown              outcome_unknown       dispatched, and no word of the end
        ├ ProviderTimedOut          provider_timed_out
        └ ProviderFailed            provider_failed       (status)

No error here knows a wire: doors translate `code` to theirs. `code` never changes once released.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar


class Charged(StrEnum):
    """Whether the provider may ask money for a call that failed."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class StudioError(Exception):
    """A failure that a person can read: what happened, why, and what to do next."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    charged: Charged = Charged.NO
    advice: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.advice if hint is None else hint

    def details(self) -> Mapping[str, object]:
        """Facts for programs beside the words; JSON values only, empty ones left out."""
        return {}


class InvalidRequest(StudioError):
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


class UnreadableImage(InvalidRequest):
    """Bytes that should be a picture are not one that we can take."""

    code = "unreadable_image"
    advice = "Send a whole PNG, JPEG or WebP picture."

    def __init__(self, message: str, *, field: str = "image", hint: str | None = None) -> None:
        super().__init__(message, field=field, hint=hint)


class NotFound(StudioError):
    """No such thing, or it is somebody else's."""

    code = "not_found"


class Canceled(StudioError):
    """The caller left before anything was sent to the provider."""

    code = "canceled"
    retryable = True


class ShuttingDown(StudioError):
    """The service takes no new work because it is about to end."""

    code = "shutting_down"
    retryable = True
    advice = "Try again when the server is back."


class ArchiveUnavailable(StudioError):
    """Pictures or job records cannot be written, so nothing was sent to the provider."""

    code = "archive_unavailable"
    retryable = True
    advice = "Make room on the disk or choose folders that can be written."


class InternalError(StudioError):
    """Something that we did not foresee; its text stays in the log under the incident's id."""

    code = "internal"
    charged = Charged.MAYBE
    advice = "Look in the server's log for the incident, and please report it."

    def __init__(self, incident: str) -> None:
        super().__init__(f"Something went wrong inside the server (incident {incident}).")
        self.incident = incident

    def details(self) -> Mapping[str, object]:
        return {"incident": self.incident}


class ProviderError(StudioError):
    """The provider refused, failed, or did not answer."""

    request_id: str | None = None

    def details(self) -> Mapping[str, object]:
        return {"request_id": self.request_id} if self.request_id else {}


class NoCredentials(ProviderError):
    """No key to call the provider with."""

    code = "no_credentials"


class CredentialsRejected(ProviderError):
    """The provider does not accept the key."""

    code = "credentials_rejected"


class NotPermitted(ProviderError):
    """The key is good, but its organization or project may not do this."""

    code = "not_permitted"


class ModelNotFound(ProviderError):
    """The provider has no such model (any more)."""

    code = "model_not_found"


class ContentRefused(ProviderError):
    """The provider's moderation refused the prompt, an input picture or the result."""

    code = "content_refused"
    advice = "Reword the prompt or choose other input pictures; the same request is refused again."

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
    """The provider found the request faulty, although we did not."""

    code = "request_refused"
    advice = "Change the option that the provider names."


class RateLimited(ProviderError):
    """Too many requests at the moment; `retry_after` is in seconds where it is known."""

    code = "rate_limited"
    retryable = True
    advice = "Wait, then ask again."

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
    """No connection was made, so the request provably never left."""

    code = "provider_unreachable"
    retryable = True
    advice = "Check the network, proxy settings and the endpoint, then ask again."


class BadProviderReply(ProviderError):
    """The provider answered, but not with pictures. `rubbish` is what came, for the quarantine."""

    code = "bad_provider_reply"
    charged = Charged.MAYBE
    advice = "Check the usage page of your account before you ask again: this call may be billed."

    def __init__(self, message: str, *, rubbish: Sequence[bytes] = ()) -> None:
        super().__init__(message)
        self.rubbish = tuple(rubbish)
        self.quarantined: tuple[str, ...] = ()

    def details(self) -> Mapping[str, object]:
        kept = {"quarantined": list(self.quarantined)} if self.quarantined else {}
        return {**super().details(), **kept}


class OutcomeUnknown(ProviderError):
    """The request was sent and its end is not known: it is never sent again by itself."""

    code = "outcome_unknown"
    charged = Charged.MAYBE
    advice = (
        "The picture may have been made and billed: check the usage page of your account "
        "before you ask again. We did not retry, because that could cost you twice."
    )


class ProviderTimedOut(OutcomeUnknown):
    """No whole answer came within the time limit."""

    code = "provider_timed_out"


class ProviderFailed(OutcomeUnknown):
    """The provider answered with a failure of its own (status 5xx)."""

    code = "provider_failed"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status

    def details(self) -> Mapping[str, object]:
        return {**super().details(), "status": self.status}
