"""An error as a plain value, for what is stored or sent to another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import ChargeStatus, ImageServiceError, RecordedFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """All that clients learn of an ImageServiceError. `details` has JSON values only."""

    code: str
    message: str
    hint: str = ""
    retryable: bool = False
    charged: ChargeStatus = ChargeStatus.NO
    details: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, error: ImageServiceError) -> "Failure":
        """The error as a value."""
        return cls(
            code=error.code,
            message=error.message,
            hint=error.hint,
            retryable=error.retryable,
            charged=error.charged,
            details=error.details(),
        )

    def to_error(self) -> RecordedFailure:
        """An error to raise that reads the same to clients."""
        return RecordedFailure(
            self.message,
            code=self.code,
            hint=self.hint,
            retryable=self.retryable,
            charged=self.charged,
            details=self.details,
        )
