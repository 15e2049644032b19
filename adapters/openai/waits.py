"""How long a refusal asks the client to wait: in headers, in fields, or only in words."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400
"""A longer wait, or a negative one, is not believed."""
UNITS = {"ms": 0.001, "milli": 0.001, "m": 60, "s": 1, "h": 3600, "d": 86_400}
"""Seconds by the beginning of a unit's name."""
PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|milli|m|s|h|d)[a-z]{0,12}", re.IGNORECASE)
DURATION = rf"{PART.pattern}(?:(?:\s|,|and){{0,5}}{PART.pattern}){{0,4}}"
WORDS = re.compile(
    rf"(?:again|retry|wait|available|resets?|back)[^\d.;]{{0,40}}({DURATION})", re.IGNORECASE
)
EPOCH = 1e9
"""Numbers from here on are Unix times, and from EPOCH_MS on, Unix times in milliseconds."""
EPOCH_MS = 1e11
RESETS = ("requests", "images", "tokens", "input-images", "project-requests", "project-tokens")


def stated_wait(headers: Mapping[str, str], message: str, field: object = None) -> float | None:
    """The seconds that a refusal asks to wait, None if it states none that is plausible.

    The headers about retrying come first, then `field`, a value of the body, then the words of the
    message, then the headers with the time at which a limit is reset.
    """
    for seconds in _candidates(headers, message, field):
        if seconds is not None and 0 <= seconds < MAX_SECONDS:
            return seconds
    return None


def _candidates(headers: Mapping[str, str], message: str, field: object) -> Iterator[float | None]:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    yield None if milliseconds is None else milliseconds / 1000
    after = headers.get("retry-after", "")
    yield _seconds(after)
    yield _until_date(after, headers.get("date", ""))
    if isinstance(field, int | float | str) and not isinstance(field, bool):
        yield _seconds(str(field))
    found = WORDS.search(message)
    yield found and _duration(found[1])
    yield from _resets(headers)


def _resets(headers: Mapping[str, str]) -> Iterator[float | None]:
    """The times until a limit is reset; first those of limits that are used up."""
    known = [name for name in RESETS if f"x-ratelimit-reset-{name}" in headers]
    known.sort(key=lambda name: headers.get(f"x-ratelimit-remaining-{name}") != "0")
    for name in known:
        yield _seconds(headers[f"x-ratelimit-reset-{name}"])
    yield _seconds(headers.get("x-ratelimit-reset", ""))


def _seconds(text: str) -> float | None:
    """The seconds in a number, a Unix time, or a duration such as `1m26.4s`."""
    number = _number(text)
    if number is None:
        return _duration(text) if re.fullmatch(DURATION, text.strip(), re.IGNORECASE) else None
    if number < EPOCH:
        return number
    return (number / 1000 if number >= EPOCH_MS else number) - datetime.now(UTC).timestamp()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _duration(text: str) -> float:
    return round(sum(float(number) * UNITS[unit.lower()] for number, unit in PART.findall(text)), 3)


def _until_date(text: str, now: str) -> float | None:
    """Seconds until an HTTP date, by the clock of the server that sent it, if it sent its time."""
    until, start = _date(text), _date(now) or datetime.now(UTC)
    return None if until is None else max(0.0, round((until - start).total_seconds(), 1))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
