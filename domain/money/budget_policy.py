"""Whether a job may be sent, by what is spent already and by what it may cost."""

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
    """Raise BudgetExhausted where a limit would be passed, or could not be held.

    `spent` is what other jobs took since `limits.since(now)`. A job of which nobody knows what it
    costs is refused under any limit in dollars: unknown is never taken for nothing.
    """
    _check_call(job, limits)
    for window in limits.rolling_limits():
        needed = Decimal(job.request.n) if window.counts_images else _known_estimate(job, window)
        room_at = window.available_at(needed, spent, now)
        if room_at is None:
            raise _exceeds_limit(job, window.name, window.limit, needed, window.counts_images)
        if room_at > now:
            raise _exhausted_until(window, window.status(spent, now), needed, room_at, now)


def _check_call(job: AnyJob, limits: BudgetLimits) -> None:
    most = limits.call_usd
    if most is None:
        return
    if job.estimate is None:
        raise _unknown_cost(job, CALL_LIMIT, most)
    if job.estimate > most:
        raise _exceeds_limit(job, CALL_LIMIT, most, job.estimate, of_pictures=False)


def _known_estimate(job: AnyJob, window: RollingLimit) -> Decimal:
    if job.estimate is None:
        raise _unknown_cost(job, window.name, window.limit)
    return job.estimate


def _unknown_cost(job: AnyJob, budget: str, limit: Decimal) -> BudgetExhausted:
    return BudgetExhausted(
        f"{budget} could not be held: nobody knows beforehand what {job.request.model} costs.",
        hint=f"Ask for a model that has a price in `models`, or leave {budget} unset.",
        budget=budget,
        limit=limit,
    )


def _exceeds_limit(
    job: AnyJob, budget: str, limit: Decimal, needed: Decimal, of_pictures: bool
) -> BudgetExhausted:
    """More than the whole limit: only a smaller request helps."""
    options = [] if of_pictures else cheaper_alternatives(job.request, job.card, limit)
    hint = f"Within it would be: {', '.join(options)}." if options else "Ask for less, or raise it."
    return BudgetExhausted(
        f"{budget} allows {_amount_text(limit, of_pictures)}, and this call "
        f"{'asks for' if of_pictures else 'may cost'} {_amount_text(needed, of_pictures)}.",
        hint=hint,
        budget=budget,
        limit=limit,
        estimate=needed,
    )


def _exhausted_until(
    window: RollingLimit, standing: BudgetStatus, needed: Decimal, room_at: datetime, now: datetime
) -> BudgetExhausted:
    pictures = window.counts_images
    taken = f"{_amount_text(standing.spent, pictures)} {'is' if not pictures else 'are'} taken"
    if standing.unknown:
        taken += f", {standing.unknown} call(s) cost nobody knows how much"
    return BudgetExhausted(
        f"{window.name} allows {_amount_text(window.limit, pictures)} in "
        f"{window.span.total_seconds() / 3600:g} hour(s): {taken}, and this call "
        f"{'asks for' if pictures else 'may cost'} {_amount_text(needed, pictures)}.",
        hint=f"There is room for it at {room_at.isoformat(timespec='seconds')}.",
        budget=window.name,
        limit=window.limit,
        spent=standing.spent,
        estimate=needed,
        resets_at=room_at,
        retry_after=(room_at - now).total_seconds(),
    )


def _amount_text(amount: Decimal, of_pictures: bool) -> str:
    return f"{amount} picture(s)" if of_pictures else f"${amount:.4f}"
