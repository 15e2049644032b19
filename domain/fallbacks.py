"""After which errors another model may be asked, and what its answer says of the first one."""

from domain.errors import ChargeStatus, ImageServiceError, QueueFull
from domain.provider_errors import (
    CircuitOpen,
    CredentialsRejected,
    ModelNotFound,
    NoCredentials,
    NotPermitted,
    ProviderUnreachable,
    QuotaExhausted,
    RateLimited,
)
from domain.untrusted_text import single_line

UNCHARGED = (
    CircuitOpen,
    CredentialsRejected,
    ModelNotFound,
    NoCredentials,
    NotPermitted,
    ProviderUnreachable,
    QueueFull,
    QuotaExhausted,
    RateLimited,
)
"""Errors that prove that nothing was generated, and that are no fault of the request.

ContentRefused is not one of them: the caller should change the prompt, and another provider is no
way around a moderation. RequestRefused is not either: the caller should change the option.
"""
MAX_REASON = 200
"""Characters of the first error in a note."""


def may_fall_back(error: ImageServiceError) -> bool:
    """Whether another model may be asked after this error."""
    return isinstance(error, UNCHARGED) and error.charged is ChargeStatus.NO


def first_failure(provider: str, error: ImageServiceError) -> str:
    """What happened at the first provider, in a sentence."""
    reason = single_line(error.message, MAX_REASON).rstrip(".")
    return f"{provider} was asked first, and charged nothing: {reason} ({error.code})."


def note_of(provider: str, error: ImageServiceError, name: str) -> str:
    """What an answer of the fallback says of itself."""
    return f"{first_failure(provider, error)} The fallback {name} served the request."
