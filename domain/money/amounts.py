"""Amounts of US dollars as people read them."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

DOLLAR = Decimal(1)
SMALLEST = Decimal("0.001")
"""The smallest amount that is written out, in US dollars."""


def dollars(amount: Decimal, *, up: bool = False) -> str:
    """The amount with two digits from one dollar on, and with three below; `up` never rounds down.

    An amount that would be shown as 0 and is more is "under $0.001".
    """
    if not up and 0 < amount < SMALLEST / 2:
        return "under $0.001"
    digits = Decimal("0.01") if amount >= DOLLAR or not amount else SMALLEST
    rounding = ROUND_CEILING if up else ROUND_HALF_UP
    return f"${amount.quantize(digits, rounding):,}"


def exact_dollars(amount: Decimal) -> str:
    """The amount with all of its digits, and at least two: a limit as it was set."""
    whole, _, digits = f"{amount.normalize():f}".partition(".")
    return f"${int(whole):,}.{digits:0<2}"
