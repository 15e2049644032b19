"""Reads fields of values that may have any shape."""

from collections.abc import Mapping


def get_field(of: object, name: str) -> object:
    """A field of a JSON object or of an SDK object; None if there is no such field."""
    return of.get(name) if isinstance(of, Mapping) else getattr(of, name, None)


def text_or_empty(value: object) -> str:
    """The value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def count_or_none(value: object) -> int | None:
    """The value if it is an integer of at least 0, else None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None  # type: ignore[return-value] # an int, as checked above
