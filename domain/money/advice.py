"""What a caller can do about a refusal by a budget. Every advice works if it is followed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.local_times import duration_until, earliest_time
from domain.money.alternatives import Alternative
from domain.money.amounts import dollars
from domain.money.obstacles import Obstacle, allowed_from

MOST = 3
"""Alternatives that an advice names."""


@dataclass(frozen=True, slots=True)
class Later:
    """The cheapest alternative, and when the limits allow it."""

    alternative: Alternative
    at: datetime


def advice(
    found: Sequence[Obstacle],
    now: datetime,
    fitting: Collection[Alternative] | None = None,
    later: Later | None = None,
) -> str:
    """What fits now, or else from when on something fits.

    `found` are the limits that refused the job, `fitting` the alternatives that they allow now;
    None without a search for them.
    """
    nearest, at = nearest_of_each_group(fitting or ()), allowed_from(found, now)
    if nearest:
        options = ", ".join(map(_option, nearest[:MOST]))
        now_text = f"{'These fit' if len(nearest) > 1 else 'This fits'} now: {options}."
        if at is not None:
            return f"{now_text} As it is, the call fits {_from(at, now)}."
        unpriced = [each for each in found if each.needed is None]
        return f"{now_text} Or {' and '.join(map(_raised, unpriced))}." if unpriced else now_text
    if at is not None:
        nothing = "" if fitting is None else "Nothing smaller fits now. "
        return f"{nothing}The call fits {_from(at, now)}."
    if later is not None:
        return f"Nothing fits now; {_option(later.alternative)} fits {_from(later.at, now)}."
    nothing = "" if fitting is None else "No smaller request fits. "
    return f"{nothing}To allow this call, {' and '.join(map(_raised, found))}."


def nearest_of_each_group(fitting: Iterable[Alternative]) -> list[Alternative]:
    """The most expensive alternative of each group, of those with the fewest changes."""
    fitting = [*fitting]
    fewest = min((each.changes for each in fitting), default=0)
    nearest = [each for each in fitting if each.changes == fewest]
    by_nearness = sorted(nearest, key=_estimate, reverse=True)
    first: dict[str, Alternative] = {}
    for each in by_nearness:
        first.setdefault(each.group, each)
    return [*first.values()]


def _estimate(alternative: Alternative) -> Decimal:
    return alternative.job.estimate or Decimal(0)


def _option(alternative: Alternative) -> str:
    estimate = alternative.job.estimate
    if estimate is None:
        return alternative.words
    cost = f"about {dollars(estimate, up=True)}" if estimate else "free"
    return f"{alternative.words} ({cost})"


def _from(at: datetime, now: datetime) -> str:
    return f"from {earliest_time(at, now)} on, in {duration_until(at, now)}"


def _raised(obstacle: Obstacle) -> str:
    """The setting that would allow the job now."""
    status = obstacle.status
    if obstacle.needed is None or (status is not None and status.unknown):
        return f"unset {obstacle.name}"
    most = obstacle.needed + (Decimal(0) if status is None else status.spent)
    number = str(int(most)) if obstacle.counts_images else dollars(most, up=True)
    return f"set {obstacle.name} to {number.lstrip('$').replace(',', '')} or more"
