"""Errors for clients: exit codes, HTTP statuses and texts. No other module maps error codes."""

from domain import errors, provider_errors
from domain.errors import ChargeStatus, ImageServiceError
from domain.money import budget_errors

EXIT_CODES: dict[type[ImageServiceError], int] = {
    errors.InvalidRequest: 2,
    errors.UnsupportedByModel: 2,
    errors.UnreadableImage: 2,
    errors.KeyReused: 2,
    errors.NotFound: 3,
    provider_errors.InvalidSettings: 2,
    provider_errors.NoCredentials: 4,
    provider_errors.CredentialsRejected: 4,
    provider_errors.NotPermitted: 4,
    provider_errors.ModelNotFound: 5,
    provider_errors.ContentRefused: 5,
    provider_errors.RequestRefused: 5,
    provider_errors.ConversationLost: 5,
    provider_errors.RateLimited: 6,
    provider_errors.QuotaExhausted: 6,
    provider_errors.ProviderUnreachable: 7,
    provider_errors.CircuitOpen: 7,
    provider_errors.BadProviderReply: 8,
    provider_errors.OutcomeUnknown: 8,
    provider_errors.WorkLost: 8,
    provider_errors.ProviderTimedOut: 8,
    provider_errors.ProviderFailed: 8,
    errors.Busy: 6,
    errors.TooManyRequests: 6,
    budget_errors.BudgetExhausted: 6,
    budget_errors.ConfirmationRequired: 6,
    errors.ArchiveUnavailable: 9,
    errors.CacheUnavailable: 9,
    errors.ShuttingDown: 10,
    errors.Canceled: 130,
    errors.InternalError: 1,
}
"""The command line's exit code for each error. Every leaf of the error tree has a row."""

HTTP_STATUSES: dict[type[ImageServiceError], int] = {
    errors.InvalidRequest: 400,
    errors.UnsupportedByModel: 422,
    errors.UnreadableImage: 400,
    errors.KeyReused: 422,
    errors.NotFound: 404,
    provider_errors.InvalidSettings: 503,
    provider_errors.NoCredentials: 503,
    provider_errors.CredentialsRejected: 502,
    provider_errors.NotPermitted: 502,
    provider_errors.ModelNotFound: 422,
    provider_errors.ContentRefused: 422,
    provider_errors.RequestRefused: 422,
    provider_errors.ConversationLost: 422,
    provider_errors.RateLimited: 429,
    provider_errors.QuotaExhausted: 503,
    provider_errors.ProviderUnreachable: 502,
    provider_errors.CircuitOpen: 503,
    provider_errors.BadProviderReply: 502,
    provider_errors.OutcomeUnknown: 502,
    provider_errors.WorkLost: 502,
    provider_errors.ProviderTimedOut: 504,
    provider_errors.ProviderFailed: 502,
    errors.Busy: 503,
    errors.TooManyRequests: 429,
    budget_errors.BudgetExhausted: 429,
    budget_errors.ConfirmationRequired: 402,
    errors.ArchiveUnavailable: 507,
    errors.CacheUnavailable: 503,
    errors.ShuttingDown: 503,
    errors.Canceled: 503,
    errors.InternalError: 500,
}
"""The HTTP status for each error. Every leaf of the error tree has a row."""

EXIT_CODE_BY_CODE = {kind.code: code for kind, code in EXIT_CODES.items()}
STATUS_BY_CODE = {kind.code: status for kind, status in HTTP_STATUSES.items()}
"""The same by error code, which is all that a job record keeps of an error's type."""

CHARGE_TEXT = {
    ChargeStatus.NO: "Nothing was charged.",
    ChargeStatus.MAYBE: "A charge is possible.",
    ChargeStatus.YES: "The provider charged for this.",
}


def error_text(error: ImageServiceError, *, field_label: str = "field") -> str:
    """What happened, what to do next, whether to retry, and whether it cost money.

    One text for every client; it is complete without the structured form. `field_label` is what
    the client calls an argument.
    """
    retry = "safe to retry" if error.retryable else "do not retry unchanged"
    if error.charged is not ChargeStatus.NO:
        retry = "check your usage page before retrying"
    facts = [f"Error {error.code}", retry, *_facts(error, field_label)]
    lines = [*_reasons(error), f"{CHARGE_TEXT[error.charged]} [{'; '.join(facts)}]"]
    return "\n".join(line for line in lines if line)


def _reasons(error: ImageServiceError) -> list[str]:
    """What happened and what to do next; with several faults, a line for each."""
    faults = _faults(error)
    if len(faults) < 2:
        return [error.message, error.hint]
    lines = (f"- {fault['message']} {fault['hint']}".rstrip() for fault in faults)
    return [f"{len(faults)} arguments are invalid:", *lines]


def _facts(error: ImageServiceError, field_label: str) -> list[str]:
    """The details that the message does not have: it has all faults and all links."""
    in_message = ("errors", "links")
    details = {name: fact for name, fact in error.details().items() if name not in in_message}
    fields = dict.fromkeys(fault["field"] for fault in _faults(error))
    if fields:
        label = field_label if len(fields) == 1 else f"{field_label}s"
        details = {label: [*fields]} | {name: details[name] for name in details if name != "field"}
    return [f"{name}: {_shown(fact)}" for name, fact in details.items()]


def _faults(error: ImageServiceError) -> list[dict[str, str]]:
    """What is wrong with a request; empty for an error of another kind."""
    faults = error.details().get("errors", [])
    return faults if isinstance(faults, list) else []


def as_dict(error: ImageServiceError) -> dict[str, object]:
    """The same for programs: code, message, hint, retryable, charged, and the error's details."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "charged": error.charged.value,
        **error.details(),
    }


def _shown(fact: object) -> str:
    return ", ".join(map(str, fact)) if isinstance(fact, list) else str(fact)
