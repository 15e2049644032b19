"""Settings with several entries, each a name and a value: `local=http://localhost:8000/v1`."""

import re
from collections.abc import Iterator

SEPARATORS = re.compile(r"[\s,]+")


def read_pairs(text: str, example: str) -> dict[str, str]:
    """The values by their names, in order.

    Blanks, line breaks and commas separate entries. Raises ValueError for an entry without a name
    or a value, which it does not show, and for a name that occurs twice.
    """
    pairs: dict[str, str] = {}
    for number, (name, value) in enumerate(_split(text), 1):
        if not name or not value:
            raise ValueError(f"Entry {number} is no name=value pair. Write e.g. {example}")
        if name in pairs:
            raise ValueError(f"{name} occurs twice")
        pairs[name] = value
    return pairs


def _split(text: str) -> Iterator[tuple[str, str]]:
    for entry in filter(None, SEPARATORS.split(text)):
        name, _, value = entry.partition("=")
        yield name, value
