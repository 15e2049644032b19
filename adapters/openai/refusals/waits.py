"""How long a refusal asks the client to wait: in headers, in fields, or only in words."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400
"""A longer wait, or a negative one, is not believed."""
UNITS = {"ms": 0.001, "milli": 0.001, "m": 60, "s": 1, "h": 3600, "d": 86_400}
UNITS |= {"毫秒": 0.001, "秒": 1, "分": 60, "小时": 3600, "時間": 3600}
"""Seconds by the beginning of a unit's name."""
PART = re.compile(
    r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|milli|m|s|h|d|毫秒|秒|分|小时|時間)[a-z钟鐘]{0,12}",
    re.IGNORECASE,
)
DURATION = rf"{PART.pattern}(?:(?:\s|,|and){{0,5}}{PART.pattern}){{0,4}}"
ABOUT_WAITING = r"(?:again|retry|retrying|wait|available|resets?|until|back)"
WORDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{ABOUT_WAITING}[^\d.;]{{0,40}}({DURATION})",
        rf"timed out for ({DURATION})",
        rf"({DURATION})\s?(?:remain|left\b|before|until|之?[后後])",
    )
)
ONE = re.compile(
    rf"{ABOUT_WAITING}(?:\s\w{{2,9}}){{0,3}}?\s(?:a|an|one)\s(second|minute|hour)\b", re.IGNORECASE
)
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z| ?UTC|[+-]\d\d:?\d\d)?"
AT_TIME = re.compile(rf"{ABOUT_WAITING}[^\d.;]{{0,40}}({TIME})", re.IGNORECASE)
RESET = re.compile(r"\b(?:t|reset)=(\d{1,9})\b")
"""In the header RateLimit of the IETF's drafts."""
EPOCH = 1e9
"""Numbers from here on are Unix times, and from EPOCH_MS on, Unix times in milliseconds."""
EPOCH_MS = 1e11
RESETS = ("requests", "images", "tokens", "input-images", "project-requests", "project-tokens")
RESET_HEADERS = ("x-ratelimit-reset-after", "ratelimit-reset", "x-ratelimit-reset")


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
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(headers.get(name, ""))
        yield None if milliseconds is None else milliseconds / 1000
    after = headers.get("retry-after", "")
    yield _seconds(after)
    yield _until_date(after, headers.get("date", ""))
    if isinstance(field, int | float | str) and not isinstance(field, bool):
        yield _seconds(str(field))
    yield from _in_words(message)
    yield from _resets(headers)


def _in_words(message: str) -> Iterator[float | None]:
    for words in WORDS:
        found = words.search(message)
        yield found and _duration(found[1])
    if one := ONE.search(message):
        yield UNITS[one[1][0].lower()]
    if time := AT_TIME.search(message):
        yield _until(time[1])


def _resets(headers: Mapping[str, str]) -> Iterator[float | None]:
    """The times until a limit is reset; first those of limits that are used up."""
    known = [name for name in RESETS if f"x-ratelimit-reset-{name}" in headers]
    known.sort(key=lambda name: headers.get(f"x-ratelimit-remaining-{name}") != "0")
    for name in known:
        yield _seconds(headers[f"x-ratelimit-reset-{name}"])
    for name in RESET_HEADERS:
        yield _seconds(headers.get(name, ""))
    found = RESET.search(headers.get("ratelimit", ""))
    yield found and float(found[1])
    for name, value in headers.items():
        if name.lower().endswith("ratelimit-requests-reset"):
            yield _seconds(value)


def _seconds(text: str) -> float | None:
    """The seconds in a number, a Unix time, an ISO time, or a duration such as `1m26.4s`."""
    text = text.partition(",")[0].strip()
    number = _number(text)
    if number is None and re.fullmatch(TIME, text, re.IGNORECASE):
        return _until(text)
    if number is None:
        return _duration(text) if re.fullmatch(DURATION, text, re.IGNORECASE) else None
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


def _until(time: str) -> float | None:
    """Seconds until an ISO time, which is in UTC if it names no zone."""
    try:
        date = datetime.fromisoformat(re.sub(r" ?UTC$", "Z", time, flags=re.IGNORECASE))
    except ValueError:
        return None
    zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, round((zoned - datetime.now(UTC)).total_seconds(), 1))


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
