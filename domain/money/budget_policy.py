"""The budget policy: whether the limits allow a job, given the spending so far."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.jobs import Job
from domain.money.alternatives import cheaper_alternatives
from domain.money.budget_errors import BudgetExhausted
from domain.money.budgets import BudgetLimits, BudgetStatus, RollingLimit, SpendingEntry
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]
CALL_LIMIT = "BUDGET_CALL_USD"


def check_budget(
    job: AnyJob, limits: BudgetLimits, spent: Sequence[SpendingEntry], now: datetime
) -> None:
    """Raise BudgetExhausted if the job would exceed a limit, or its cost cannot be estimated.

    `spent` has the spending of other jobs since `limits.since(now)`. A job without an estimate is
    refused under any limit in dollars: an unknown cost never counts as 0.
    """
    _check_call(job, limits)
    for window in limits.rolling_limits():
        needed = Decimal(job.request.n) if window.counts_images else _known_estimate(job, window)
        available_at = window.available_at(needed, spent, now)
        if available_at is None:
            raise _exceeds_limit(job, window.name, window.limit, needed, window.counts_images)
        if available_at > now:
            raise _exhausted_until(window, window.status(spent, now), needed, available_at, now)


def _check_call(job: AnyJob, limits: BudgetLimits) -> None:
    most = limits.call_usd
    if most is None:
        return
    if job.estimate is None:
        raise _unknown_cost(job, CALL_LIMIT, most)
    if job.estimate > most:
        raise _exceeds_limit(job, CALL_LIMIT, most, job.estimate, counts_images=False)


def _known_estimate(job: AnyJob, window: RollingLimit) -> Decimal:
    if job.estimate is None:
        raise _unknown_cost(job, window.name, window.limit)
    return job.estimate


def _unknown_cost(job: AnyJob, budget: str, limit: Decimal) -> BudgetExhausted:
    return BudgetExhausted(
        f"{budget} is set, and the cost of {job.request.model} cannot be estimated.",
        hint=f"Use a model that has a price in `models`, or unset {budget}.",
        budget=budget,
        limit=limit,
    )


def _exceeds_limit(
    job: AnyJob, budget: str, limit: Decimal, needed: Decimal, counts_images: bool
) -> BudgetExhausted:
    """The call needs more than the whole limit, so only a smaller request can help."""
    options = [] if counts_images else cheaper_alternatives(job.request, job.card, limit)
    hint = (
        f"These would fit: {', '.join(options)}."
        if options
        else "Make a smaller request, or raise the limit."
    )
    return BudgetExhausted(
        f"{budget} allows {_amount_text(limit, counts_images)}, "
        f"and this call {_need_text(needed, counts_images)}.",
        hint=hint,
        budget=budget,
        limit=limit,
        estimate=needed,
    )


def _exhausted_until(
    window: RollingLimit,
    status: BudgetStatus,
    needed: Decimal,
    available_at: datetime,
    now: datetime,
) -> BudgetExhausted:
    images = window.counts_images
    hours = window.span.total_seconds() / 3600
    verb = "are" if images and status.spent != 1 else "is"
    facts = f"{_amount_text(status.spent, images)} {verb} used"
    if status.unknown:
        facts += f", the cost of {_plural(status.unknown, 'call')} is unknown"
    return BudgetExhausted(
        f"{window.name} allows {_amount_text(window.limit, images)} in {_plural(hours, 'hour')}: "
        f"{facts}, and this call {_need_text(needed, images)}.",
        hint=f"Retry after {available_at.isoformat(timespec='seconds')}.",
        budget=window.name,
        limit=window.limit,
        spent=status.spent,
        estimate=needed,
        resets_at=available_at,
        retry_after=(available_at - now).total_seconds(),
    )


def _need_text(needed: Decimal, counts_images: bool) -> str:
    amount = _amount_text(needed, counts_images)
    return f"requests {amount}" if counts_images else f"may cost {amount}"


def _amount_text(amount: Decimal, counts_images: bool) -> str:
    return _plural(amount, "image") if counts_images else f"${amount:.4f}".removesuffix("00")


def _plural(number: float | Decimal, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"
