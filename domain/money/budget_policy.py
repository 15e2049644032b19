"""Whether a job may be sent, by what is spent already and by what it may cost."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.jobs import Job
from domain.money.budget_errors import BudgetExhausted
from domain.money.budgets import Limits, Spending, Standing, Window
from domain.money.estimates import cheaper
from domain.requests import PictureRequest

AnyJob = Job[PictureRequest]
CALL = "BUDGET_CALL_USD"


def check(job: AnyJob, limits: Limits, spent: Sequence[Spending], now: datetime) -> None:
    """Raise BudgetExhausted where a limit would be passed, or could not be held.

    `spent` is what other jobs took since `limits.since(now)`. A job of which nobody knows what it
    costs is refused under any limit in dollars: unknown is never taken for nothing.
    """
    _check_call(job, limits)
    for window in limits.windows():
        needed = Decimal(job.request.n) if window.of_pictures else _known(job, window)
        room_at = window.room_at(needed, spent, now)
        if room_at is None:
            raise _too_much(job, window.name, window.limit, needed, window.of_pictures)
        if room_at > now:
            raise _wait(window, window.standing(spent, now), needed, room_at, now)


def _check_call(job: AnyJob, limits: Limits) -> None:
    most = limits.call_usd
    if most is None:
        return
    if job.estimate is None:
        raise _unknown(job, CALL, most)
    if job.estimate > most:
        raise _too_much(job, CALL, most, job.estimate, of_pictures=False)


def _known(job: AnyJob, window: Window) -> Decimal:
    if job.estimate is None:
        raise _unknown(job, window.name, window.limit)
    return job.estimate


def _unknown(job: AnyJob, budget: str, limit: Decimal) -> BudgetExhausted:
    return BudgetExhausted(
        f"{budget} could not be held: nobody knows beforehand what {job.request.model} costs.",
        hint=f"Ask for a model that has a price in `models`, or leave {budget} unset.",
        budget=budget,
        limit=limit,
    )


def _too_much(
    job: AnyJob, budget: str, limit: Decimal, needed: Decimal, of_pictures: bool
) -> BudgetExhausted:
    """More than the whole limit: only a smaller request helps."""
    options = [] if of_pictures else cheaper(job.request, job.card, limit)
    hint = f"Within it would be: {', '.join(options)}." if options else "Ask for less, or raise it."
    return BudgetExhausted(
        f"{budget} allows {_said(limit, of_pictures)}, and this call "
        f"{'asks for' if of_pictures else 'may cost'} {_said(needed, of_pictures)}.",
        hint=hint,
        budget=budget,
        limit=limit,
        estimate=needed,
    )


def _wait(
    window: Window, standing: Standing, needed: Decimal, room_at: datetime, now: datetime
) -> BudgetExhausted:
    pictures = window.of_pictures
    taken = f"{_said(standing.spent, pictures)} {'is' if not pictures else 'are'} taken"
    if standing.unknown:
        taken += f", {standing.unknown} call(s) cost nobody knows how much"
    return BudgetExhausted(
        f"{window.name} allows {_said(window.limit, pictures)} in "
        f"{window.span.total_seconds() / 3600:g} hour(s): {taken}, and this call "
        f"{'asks for' if pictures else 'may cost'} {_said(needed, pictures)}.",
        hint=f"There is room for it at {room_at.isoformat(timespec='seconds')}.",
        budget=window.name,
        limit=window.limit,
        spent=standing.spent,
        estimate=needed,
        resets_at=room_at,
        retry_after=(room_at - now).total_seconds(),
    )


def _said(amount: Decimal, of_pictures: bool) -> str:
    return f"{amount} picture(s)" if of_pictures else f"${amount:.4f}"
