"""How much of the limit for a day is used."""

from decimal import Decimal
from typing import NamedTuple


class DaySpending(NamedTuple):
    """US dollars spent in the last 24 hours, and how many may be; `unknown` calls come on top."""

    spent: Decimal
    limit: Decimal
    unknown: int = 0
