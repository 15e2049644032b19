"""The cost of a day's calls of one model, and the money that reused results saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.results import NO_TOKENS, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """The number of results that were reused instead of paid for, and their cost in US dollars.

    `usd` leaves out results of unknown cost.
    """

    results: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: "Savings") -> "Savings":
        return Savings(results=self.results + other.results, usd=self.usd + other.usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAccount:
    """A UTC day's calls of one model that cost money or may have.

    `cost` is the known cost in US dollars. `unknown` is the number of calls of unknown cost, and
    `estimated` is the sum of their estimates, as far as they have one. `images` is the number of
    delivered images.
    """

    day: date
    model: str
    calls: int = 0
    images: int = 0
    usage: Usage = NO_TOKENS
    cost: Decimal = Decimal(0)
    unknown: int = 0
    estimated: Decimal = Decimal(0)
    saved: Savings = Savings()

    def __add__(self, other: "UsageAccount") -> "UsageAccount":
        """The sum of both, under this account's day and model."""
        return UsageAccount(
            day=self.day,
            model=self.model,
            calls=self.calls + other.calls,
            images=self.images + other.images,
            usage=self.usage + other.usage,
            cost=self.cost + other.cost,
            unknown=self.unknown + other.unknown,
            estimated=self.estimated + other.estimated,
            saved=self.saved + other.saved,
        )


def sum_by_day_and_model(entries: Iterable[UsageAccount]) -> list[UsageAccount]:
    """One account for each day and model: the newest day first, models by name."""
    accounts: dict[tuple[date, str], UsageAccount] = {}
    for entry in entries:
        key = (entry.day, entry.model)
        accounts[key] = accounts[key] + entry if key in accounts else entry
    by_model = sorted(accounts.values(), key=lambda account: account.model)
    return sorted(by_model, key=lambda account: account.day, reverse=True)
