"""Exact sums by the database, over the jobs of one model: then one index has all that is added.

Amounts are added as integers, because a sum of binary fractions is off by parts of a cent.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
)

from adapters.records.schema import jobs
from domain.errors import ChargeStatus
from domain.jobs import JobState

UNITS = 10**10
"""Of a US dollar: a token is billed in fractions of a millionth."""
MAX_LENGTH, MAX_USD = 12, 500
"""Amounts within both have at most 11 digits, in dollars and in units: a float loses none."""
TIME_LENGTH = len("2026-11-22 12:00:00.000000")


def models(connection: Connection) -> Iterator[object]:
    """Every value in the column of models. Each takes one look into an index."""
    model: object = connection.execute(FIRST_MODEL).scalar()
    while model is not None:
        yield model
        model = connection.execute(NEXT_MODEL, {"model": model}).scalar()


def is_exact(sums: Iterable[object]) -> bool:
    """Whether all sums are those of integers: the sum of anything else is none."""
    return all(isinstance(value, int | None) for value in sums)


def units(amount: Column[str]) -> ColumnElement[int]:
    """The amount in UNITS, rounded: the text is not always one that a float has exactly."""
    return cast(cast(amount, Float) * UNITS + 0.5, BigInteger)


def is_plain() -> ColumnElement[bool]:
    """Whether the database can add the row: its states are known, and its amount is a number."""
    amount = func.coalesce(jobs.c.cost_usd, jobs.c.estimate_usd, "0")
    beside_digits = func.trim(amount, "0123456789")
    return and_(
        func.length(jobs.c.created_at) == TIME_LENGTH,
        _is_one_of(jobs.c.state, JobState.STORED, *JobState),
        _is_one_of(jobs.c.charged, ChargeStatus.NO, *ChargeStatus),
        jobs.c.requested_images >= 0,
        func.length(amount) <= MAX_LENGTH,
        amount >= "0",  # a digit comes first
        or_(beside_digits == ".", beside_digits == ""),
        cast(amount, Float) < MAX_USD,
    )


def _is_one_of(column: Column[str], usual: StrEnum, *values: StrEnum) -> ColumnElement[bool]:
    """Compared with the usual value first: a search in a list takes longer."""
    return or_(column == usual, column.in_([literal(value.value, String) for value in values]))


FIRST_MODEL = select(func.min(jobs.c.model))
NEXT_MODEL = FIRST_MODEL.where(jobs.c.model > bindparam("model"))
