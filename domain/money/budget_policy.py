"""The budget policy: whether the limits allow a job, given the spending so far."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.counts import count
from domain.jobs import Job
from domain.money.advice import advice
from domain.money.amounts import dollars, exact_dollars
from domain.money.budget_errors import BudgetExhausted
from domain.money.budgets import BudgetLimits, BudgetStatus
from domain.money.obstacles import Obstacle, allowed_from, exceeds_call_limit, obstacles
from domain.money.spending import Spending
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]


def check_budget(job: AnyJob, limits: BudgetLimits, spent: Spending, now: datetime) -> None:
    """Raise BudgetExhausted if the job would exceed a limit, or its cost cannot be estimated.

    `spent` is the spending of other jobs since `limits.since(now)`. Its totals are enough to allow
    a job; its entries, which may be thousands, explain a refusal. A job without an estimate is
    refused under any limit in dollars: an unknown cost never counts as 0.
    """
    windows = [(each, each.needed(job)) for each in limits.rolling_limits()]
    if exceeds_call_limit(job, limits) or not all(
        window.allows(needed, spent.total(*window.bounds(now))) for window, needed in windows
    ):
        found = obstacles(job, limits, spent.entries(), now)
        if found:
            raise _error(job, found, now)


def _error(job: AnyJob, found: Sequence[Obstacle], now: datetime) -> BudgetExhausted:
    """The error about the limit that refuses the job for the longest time."""
    lasting = [each for each in found if each.available_at is None]
    main = lasting[0] if lasting else max(found, key=lambda each: each.available_at or now)
    resets_at = allowed_from(found, now)
    return BudgetExhausted(
        _unknown_cost(job, main) if main.needed is None else _message(main, main.needed),
        hint=advice(found, now),
        budget=main.name,
        limit=main.limit,
        spent=main.status.spent if main.status and main.available_at else None,
        estimate=main.needed,
        resets_at=resets_at,
        retry_after=None if resets_at is None else (resets_at - now).total_seconds(),
    )


def _unknown_cost(job: AnyJob, obstacle: Obstacle) -> str:
    return f"{obstacle.name} is set, and the cost of {job.request.model} cannot be estimated."


def _message(obstacle: Obstacle, needed: Decimal) -> str:
    images, status = obstacle.counts_images, obstacle.status
    need = f"requests {count(int(needed), 'image')}"
    if not images:
        need = f"may cost {dollars(needed, up=True)}"
    limit = count(int(obstacle.limit), "image") if images else exact_dollars(obstacle.limit)
    if obstacle.window is None or status is None or obstacle.available_at is None:
        return f"{obstacle.name} allows {limit}, and this call {need}."
    hours = count(int(obstacle.window.span.total_seconds() // 3600), "hour")
    return (
        f"{obstacle.name} allows {limit} in {hours}: {_spent_text(status, images)}, "
        f"and this call {need}."
    )


def _spent_text(status: BudgetStatus, counts_images: bool) -> str:
    spent = count(int(status.spent), "image") if counts_images else dollars(status.spent)
    text = f"{spent} {'are' if counts_images and status.spent != 1 else 'is'} used"
    if status.unknown:
        text += f", the cost of {count(status.unknown, 'call')} is unknown"
    return text
