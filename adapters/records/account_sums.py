"""The accounts of jobs by day and model, added up by the database.

Amounts are added as integers, because a sum of binary fractions is off by parts of a cent. What the
database cannot add exactly is read row by row.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Row,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
)

from adapters.records.readable_rows import readable
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import jobs
from adapters.records.spending_rows import to_account
from domain.errors import ChargeStatus
from domain.jobs import JobState
from domain.money.usage_account import UsageAccount
from domain.results import Usage

LAST = datetime(9999, 1, 1)
"""A job that is dated later is on no day."""
UNITS = 10**10
"""Of a US dollar: a token is billed in fractions of a millionth."""
MAX_LENGTH, MAX_USD = 12, 500
"""Amounts within both have at most 11 digits, in dollars and in units: a float loses none."""
TIME_LENGTH = len("2026-11-22 12:00:00.000000")
TOKENS = (
    jobs.c.text_tokens_in,
    jobs.c.image_tokens_in,
    jobs.c.tokens_out,
    jobs.c.cached_text_tokens_in,
    jobs.c.cached_image_tokens_in,
)
"""The fields of Usage, in order."""


def job_accounts(connection: Connection, since: datetime) -> Iterator[UsageAccount]:
    """Accounts of the jobs created from `since` on that cost money or may have, by day and model.

    Several may have the same day and model. A row that cannot be read is left out.
    """
    model: object = connection.execute(FIRST_MODEL).scalar()
    while model is not None:
        if isinstance(model, str):
            yield from _of_model(connection, model, since)
        model = connection.execute(NEXT_MODEL, {"model": model}).scalar()


def _of_model(connection: Connection, model: str, since: datetime) -> Iterator[UsageAccount]:
    zone, begin, day = since.tzinfo, to_utc_naive(since), since.date()
    while True:
        end = _midnight(day + timedelta(days=1), zone)
        of_day = {"model": model, "begin": begin, "end": end}
        sums = connection.execute(SUMS, of_day).one()
        if sums.calls and _is_exact(sums):
            yield _account(day, model, sums)
        elif sums.calls:
            yield from _read(connection, of_day, zone)
        later = {"model": model, "begin": end, "end": LAST}
        # the next day has probably jobs; after one without, the next may be years away
        found: object = end if sums.calls else connection.execute(NEXT_TIME, later).scalar()
        if not isinstance(found, datetime):
            if found is not None:  # damaged, so it does not tell the day
                yield from _read(connection, later, zone)
            return
        day = found.replace(tzinfo=UTC).astimezone(zone).date()
        begin = _midnight(day, zone)


def _read(
    connection: Connection, which: Mapping[str, object], zone: tzinfo | None
) -> Iterator[UsageAccount]:
    """The accounts of these rows, one by one."""
    rows = connection.execute(ROWS, which)
    found = readable(connection, jobs, rows, lambda row: to_account(row, zone))
    yield from (account for account in found if account is not None)


def _account(day: date, model: str, sums: Row[Any]) -> UsageAccount:
    return UsageAccount(
        day=day,
        model=model,
        calls=sums.calls,
        images=sums.images or 0,
        usage=Usage(**{column.key: getattr(sums, column.key) or 0 for column in TOKENS}),
        cost=Decimal(sums.cost or 0) / UNITS,
        unknown=sums.unknown,
        estimated=Decimal(sums.estimated or 0) / UNITS,
    )


def _is_exact(sums: Row[Any]) -> bool:
    """Whether the database could add all rows: the sum of what is no integer is none either."""
    return not sums.odd and all(isinstance(value, int | None) for value in sums)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return to_utc_naive(datetime.combine(day, time(), zone))


def _units(amount: Column[str]) -> ColumnElement[int]:
    """The amount in UNITS, rounded: the text is not always one that a float has exactly."""
    return cast(cast(amount, Float) * UNITS + 0.5, BigInteger)


def _is_plain() -> ColumnElement[bool]:
    """Whether the database can add the row: its states are known, and its amount is a number."""
    amount = func.coalesce(jobs.c.cost_usd, jobs.c.estimate_usd, "0")
    return and_(
        func.length(jobs.c.created_at) == TIME_LENGTH,
        jobs.c.state.in_([literal(state.value, String) for state in JobState]),
        jobs.c.charged.in_([literal(charged.value, String) for charged in ChargeStatus]),
        jobs.c.requested_images >= 0,
        *(each.is_(None) == jobs.c.tokens_out.is_(None) for each in TOKENS[:2]),
        func.length(amount) <= MAX_LENGTH,
        amount >= "0",  # a digit comes first
        func.trim(amount, "0123456789").in_(("", ".")),  # and only digits beside one point
        cast(amount, Float) < MAX_USD,
    )


_IMAGES = case(
    (jobs.c.state != JobState.STORED, 0),
    (jobs.c.delivered_images == 0, jobs.c.requested_images),
    else_=jobs.c.delivered_images,
)
_UNKNOWN = jobs.c.cost_usd.is_(None)
_RANGE = (
    jobs.c.model == bindparam("model"),
    jobs.c.created_at >= bindparam("begin"),
    jobs.c.created_at < bindparam("end"),
    ~and_(jobs.c.state == JobState.FAILED, jobs.c.charged == ChargeStatus.NO),
)
SUMS = select(
    func.count().label("calls"),
    func.count().filter(~_is_plain()).label("odd"),
    func.sum(_IMAGES).label("images"),
    func.sum(jobs.c.delivered_images),  # for their types, as of all that is added
    func.sum(jobs.c.requested_images),
    *(func.sum(each).label(each.key) for each in TOKENS),
    func.sum(_units(jobs.c.cost_usd)).label("cost"),
    func.count().filter(_UNKNOWN).label("unknown"),
    func.sum(case((_UNKNOWN, _units(jobs.c.estimate_usd)))).label("estimated"),
).where(*_RANGE)
ROWS = select(jobs).where(*_RANGE)
FIRST_MODEL = select(func.min(jobs.c.model))
NEXT_MODEL = FIRST_MODEL.where(jobs.c.model > bindparam("model"))
NEXT_TIME = select(func.min(jobs.c.created_at)).where(
    jobs.c.model == bindparam("model"),
    jobs.c.created_at >= bindparam("begin"),
    jobs.c.created_at < bindparam("end"),
)
