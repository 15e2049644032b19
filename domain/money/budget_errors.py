"""The error of a request that would exceed a spending limit."""

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


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
