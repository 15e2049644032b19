"""The errors of requests that cost more than a setting allows."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from domain.errors import ImageServiceError


class BudgetExhausted(ImageServiceError):
    """A spending limit does not allow the call; nothing was sent.

    `budget` is the limit's name. Amounts are US dollars, or numbers of images. The limit allows
    the call at `resets_at`, which is `retry_after` seconds away; without it, a retry cannot help.
    """

    code = "budget_exhausted"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        budget: str,
        limit: Decimal,
        spent: Decimal | None = None,
        estimate: Decimal | None = None,
        resets_at: datetime | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = resets_at is not None
        self.retry_after = retry_after
        self._budget = budget
        self._amounts = {"limit": limit, "spent": spent, "estimate": estimate}
        self._resets_at = resets_at

    def details(self) -> Mapping[str, object]:
        amounts = {
            name: _number(amount) for name, amount in self._amounts.items() if amount is not None
        }
        facts: dict[str, object] = {"budget": self._budget, **amounts}
        if self._resets_at is not None and self.retry_after is not None:
            facts["resets_at"] = self._resets_at.isoformat(timespec="seconds")
            facts["retry_after"] = round(self.retry_after, 1)
        return facts


class ConfirmationRequired(ImageServiceError):
    """A person must agree to the cost of the call first, or declined it; nothing was sent.

    `estimate` is in US dollars, None if it is unknown, and `limit` what needs no confirmation.
    """

    code = "confirmation_required"

    def __init__(
        self, message: str, *, hint: str, limit: Decimal, estimate: Decimal | None
    ) -> None:
        super().__init__(message, hint=hint)
        self._amounts = {"limit": limit, "estimate": estimate}

    def details(self) -> Mapping[str, object]:
        return {
            name: _number(amount) for name, amount in self._amounts.items() if amount is not None
        }


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
