"""Times as people read them: in the time zone of this machine."""

from datetime import datetime, time, timedelta
from math import ceil

MINUTE = timedelta(minutes=1)


def local_time(moment: datetime, *, up: bool = False) -> str:
    """Date and time to the minute, such as "2026-11-27 14:30"; `up` is never before the moment."""
    return f"{_next_minute(moment) if up else moment.astimezone():%Y-%m-%d %H:%M}"


def earliest_time(moment: datetime, now: datetime) -> str:
    """The first full minute that is not before `moment`, as "14:30", "tomorrow 09:12" or a date."""
    minute = _next_minute(moment)
    days = (minute.date() - now.astimezone().date()).days
    if days == 0:
        return f"{minute:%H:%M}"
    return f"tomorrow {minute:%H:%M}" if days == 1 else f"{minute:%Y-%m-%d %H:%M}"


def duration_until(moment: datetime, now: datetime) -> str:
    """How long it is until the first full minute not before `moment`, as "2 h 10 min"."""
    minutes = max(1, ceil((_next_minute(moment) - now) / MINUTE))
    hours, rest = divmod(minutes, 60)
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (rest, "min")) if number)


def begin_of_days(now: datetime, days: int) -> datetime:
    """The midnight, in the time zone of `now`, from which on it is `days` days, including today."""
    return datetime.combine(now.date() - timedelta(days=days - 1), time(), now.tzinfo)


def _next_minute(moment: datetime) -> datetime:
    local = moment.astimezone()
    whole = local.replace(second=0, microsecond=0)
    return whole if whole == local else whole + MINUTE
