"""The cost of a day's calls of one provider's model, and the money that reused results saved."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """A day's calls of one model of one provider that cost money or may have.

    `cost` is the known cost in US dollars. `unknown` is the number of calls of unknown cost, and
    `estimated` is the sum of their estimates, as far as they have one. `images` is the number of
    delivered images. `provider` is empty in sums, and in savings of a model that none or several
    providers served on that day: savings are counted by model.
    """

    day: date
    model: str
    provider: str = ""
    calls: int = 0
    images: int = 0
    usage: Usage = NO_TOKENS
    cost: Decimal = Decimal(0)
    unknown: int = 0
    estimated: Decimal = Decimal(0)
    saved: Savings = Savings()

    def __add__(self, other: "UsageAccount") -> "UsageAccount":
        """The sum of both, under this account's day, model and provider."""
        return UsageAccount(
            day=self.day,
            model=self.model,
            provider=self.provider,
            calls=self.calls + other.calls,
            images=self.images + other.images,
            usage=self.usage + other.usage,
            cost=self.cost + other.cost,
            unknown=self.unknown + other.unknown,
            estimated=self.estimated + other.estimated,
            saved=self.saved + other.saved,
        )


def sum_accounts(
    calls: Iterable[UsageAccount], savings: Iterable[UsageAccount] = ()
) -> list[UsageAccount]:
    """One account for each day, model and provider: the newest day first, then by name.

    `savings` have no provider: they belong to the one that served the model on that day, if there
    is just one.
    """
    accounts: dict[tuple[date, str, str], UsageAccount] = {}
    for entry in calls:
        _add(accounts, entry)
    providers: dict[tuple[date, str], list[str]] = {}
    for day, model, provider in accounts:
        providers.setdefault((day, model), []).append(provider)
    for entry in savings:
        served = providers.get((entry.day, entry.model), [])
        _add(accounts, replace(entry, provider=served[0] if len(served) == 1 else ""))
    by_name = sorted(accounts.values(), key=lambda account: (account.model, account.provider))
    return sorted(by_name, key=lambda account: account.day, reverse=True)


def _add(accounts: dict[tuple[date, str, str], UsageAccount], entry: UsageAccount) -> None:
    key = (entry.day, entry.model, entry.provider)
    accounts[key] = accounts[key] + entry if key in accounts else entry
