"""Reads fields of values that may have any shape."""

from collections.abc import Mapping
from decimal import Decimal

MAX_REPORTED = 1000
"""US dollars; a call that is said to cost more is not believed. Ten images of the dearest model
cost about ten."""


def get_field(of: object, name: str) -> object:
    """A field of a JSON object or of an SDK object; None if there is no such field."""
    return of.get(name) if isinstance(of, Mapping) else getattr(of, name, None)


def text_or_empty(value: object) -> str:
    """The value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def dollars_or_none(value: object) -> Decimal | None:
    """The value if it is an amount of 0 to MAX_REPORTED US dollars, as a number or text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and 0 <= amount <= MAX_REPORTED else None


def count_or_none(value: object) -> int | None:
    """The value if it is an integer of at least 0, else None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None  # type: ignore[return-value] # an int, as checked above
