"""The accounts of jobs by day, model and provider, added up by the database.

What the database cannot add exactly is read row by row.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from adapters.records.exact_sums import UNITS, is_exact, is_plain, models, units
from adapters.records.readable_rows import readable
from adapters.records.row_mapping import mainline_of, to_utc_naive
from adapters.records.schema import jobs
from adapters.records.spending_rows import to_account
from domain.errors import ChargeStatus
from domain.jobs import JobState
from domain.money.usage_account import UsageAccount
from domain.results import Usage

LAST = datetime(9999, 1, 1)
"""A job that is dated later is on no day."""
TOKENS = (
    jobs.c.text_tokens_in,
    jobs.c.image_tokens_in,
    jobs.c.tokens_out,
    jobs.c.cached_text_tokens_in,
    jobs.c.cached_image_tokens_in,
)
"""The tokens of image models."""
MAINLINE_TOKENS = (
    jobs.c.mainline_tokens_in,
    jobs.c.mainline_tokens_out,
    jobs.c.mainline_cached_tokens_in,
    jobs.c.mainline_written_tokens_in,
)
"""The tokens of mainline models; NULL in calls without one, or if they were not counted."""


def job_accounts(connection: Connection, since: datetime) -> Iterator[UsageAccount]:
    """Accounts of the jobs created from `since` on that cost money or may have.

    Several may have the same day, model and provider. A row that cannot be read is left out.
    """
    for model in models(connection):
        if isinstance(model, str):
            yield from _of_model(connection, model, since)


def _of_model(connection: Connection, model: str, since: datetime) -> Iterator[UsageAccount]:
    zone, begin, day = since.tzinfo, to_utc_naive(since), since.date()
    while True:
        end = _midnight(day + timedelta(days=1), zone)
        of_day = {"model": model, "begin": begin, "end": end}
        sums = connection.execute(SUMS, of_day).all()
        if all(isinstance(x.provider, str) and not x.odd and is_exact(x[1:]) for x in sums):
            yield from (_account(day, model, of_provider) for of_provider in sums)
        else:
            yield from _read(connection, of_day, zone)
        later = {"model": model, "begin": end, "end": LAST}
        # the next day has probably jobs; after one without, the next may be years away
        found: object = end if sums else connection.execute(NEXT_TIME, later).scalar()
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
        provider=sums.provider,
        calls=sums.calls,
        images=sums.images or 0,
        usage=Usage(
            text_tokens_in=sums.text_tokens_in or 0,
            image_tokens_in=sums.image_tokens_in or 0,
            tokens_out=sums.tokens_out or 0,
            cached_text_tokens_in=sums.cached_text_tokens_in or 0,
            cached_image_tokens_in=sums.cached_image_tokens_in or 0,
            mainline=mainline_of(sums),
        ),
        cost=Decimal(sums.cost or 0) / UNITS,
        unknown=sums.unknown,
        estimated=Decimal(sums.estimated or 0) / UNITS,
    )


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return to_utc_naive(datetime.combine(day, time(), zone))


_IS_WHOLE = and_(
    *(each.is_(None) == jobs.c.tokens_out.is_(None) for each in TOKENS[:2]),
    jobs.c.mainline_tokens_in.is_(None) == jobs.c.mainline_tokens_out.is_(None),
    or_(jobs.c.mainline_tokens_in.is_(None), jobs.c.tokens_out.is_not(None)),
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
SUMS = (
    select(
        jobs.c.provider,
        func.count().label("calls"),
        func.count().filter(~(is_plain() & _IS_WHOLE)).label("odd"),
        func.sum(_IMAGES).label("images"),
        func.sum(jobs.c.delivered_images),  # for their types, as of all that is added
        func.sum(jobs.c.requested_images),
        *(func.sum(each).label(each.key) for each in (*TOKENS, *MAINLINE_TOKENS)),
        func.sum(units(jobs.c.cost_usd)).label("cost"),
        func.count().filter(_UNKNOWN).label("unknown"),
        func.sum(case((_UNKNOWN, units(jobs.c.estimate_usd)))).label("estimated"),
    )
    .where(*_RANGE)
    .group_by(jobs.c.provider)
)
ROWS = select(jobs).where(*_RANGE)
NEXT_TIME = select(func.min(jobs.c.created_at)).where(
    jobs.c.model == bindparam("model"),
    jobs.c.created_at >= bindparam("begin"),
    jobs.c.created_at < bindparam("end"),
)
