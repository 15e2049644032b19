"""What a day's pictures of one model cost, and what was saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.results import NO_TOKENS, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """Answers that were not paid for again, and the US dollars that they had cost once.

    `usd` leaves out answers of which that is not known.
    """

    answers: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: "Savings") -> "Savings":
        return Savings(answers=self.answers + other.answers, usd=self.usd + other.usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAccount:
    """A day's (in UTC) calls of one model that cost money or may have.

    `cost` is in US dollars, as far as it is known. Of `unknown` calls it is not, and
    they were expected to cost `estimated`, as far as anybody could say. `pictures` are those
    that came.
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
        """Both, under this one's day and model."""
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
    books: dict[tuple[date, str], UsageAccount] = {}
    for entry in entries:
        key = (entry.day, entry.model)
        books[key] = books[key] + entry if key in books else entry
    by_model = sorted(books.values(), key=lambda account: account.model)
    return sorted(by_model, key=lambda account: account.day, reverse=True)
