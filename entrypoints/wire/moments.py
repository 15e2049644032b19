"""Dates and times as clients write them."""

import re
from contextlib import suppress
from datetime import datetime, time, timedelta

from domain.errors import InvalidRequest

MAX_LENGTH = 60
YEARS = range(1900, 9990)
"""Days may be added or taken off; nothing was stored in any other year."""
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AGO = re.compile(r"(\d{1,5})\s*(m(?:in(?:ute)?)?|h(?:(?:ou)?r)?|d(?:ay)?|w(?:eek)?)s?(?: ago)?")
DAYS = {"now": None, "today": 0, "yesterday": 1}
ZONE = re.compile(r"\s*(?:(z|utc|gmt)|([+-]\d{2}):?(\d{2})?)$")
PLUS_AS_BLANK = re.compile(r"(?<=:\d{2}) (?=\d{2}:?\d{2}$)")
"""What a URL makes of the plus sign in `09:30+01:00`, unless the client escapes it."""
CLOCK = re.compile(r"^(\d{4}-?\d{2}-?\d{2})[ t]+(\S+)$")
HINT = "Send a date or a time, such as 2026-11-27, 2026-11-27T09:30+01:00, yesterday or 7d."


def parse_moment(text: str, field: str, *, now: datetime) -> datetime:
    """The moment that a text means, with a time zone; raise InvalidRequest.

    A date means its beginning. What names no zone is in the time zone of `now`. `7d` and
    `12 hours ago` are that long before `now`.
    """
    given = text[: MAX_LENGTH + 1].strip().casefold()
    with suppress(ValueError, OverflowError):
        if (found := _relative(given, now)) is not None:
            return found
        moment = datetime.fromisoformat(_iso(given))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
        if moment.year in YEARS:
            return moment
    raise InvalidRequest(f"{text[:40]!r} is not a valid {field}.", field=field, hint=HINT)


def _relative(given: str, now: datetime) -> datetime | None:
    if given in DAYS:
        days = DAYS[given]
        return now if days is None else _midnight(now, days)
    if ago := AGO.fullmatch(given):
        return now - timedelta(**{UNITS[ago[2][0]]: int(ago[1])})
    return None


def _midnight(now: datetime, days: int) -> datetime:
    return datetime.combine(now.date() - timedelta(days=days), time(), now.tzinfo)


def _iso(given: str) -> str:
    """The text as ISO 8601 has it: one T between date and time, and the zone right behind."""
    given = PLUS_AS_BLANK.sub("+", given)
    zone = ZONE.search(given) if len(given) > len("2026-11-27") else None
    if zone is not None:
        offset = "+00:00" if zone[1] else f"{zone[2]}:{zone[3] or '00'}"
        given = given[: zone.start()] + offset
    match = CLOCK.match(given)
    return f"{match[1]}T{match[2]}" if match else given
