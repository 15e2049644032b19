"""Usage of all jobs and reused results, grouped by one property of theirs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from domain.money.usage_account import Savings

UNKNOWN = "unknown"
"""The group of what a record does not tell; earlier versions recorded no client, for example."""
REUSED, STORED = "reused", "stored"
"""The outcomes with images: of requests that got those of an earlier or running job, and of jobs
that delivered them."""
ALL = "all"
NOTHING = Savings()


class Dimension(StrEnum):
    """What usage is grouped by."""

    DAY = "day"
    HOUR = "hour"
    MODEL = "model"
    OWNER = "owner"
    CLIENT = "client"
    ACTION = "action"
    OUTCOME = "outcome"


OF_TIME = frozenset({Dimension.DAY, Dimension.HOUR})


class ReuseKey(NamedTuple):
    """Whose results were reused; what is not known is empty."""

    model: str
    owner: str = ""
    client: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """Results that were reused on a day, in the hour that begins at `hour` o'clock, if known."""

    day: date
    hour: int | None = None
    key: ReuseKey
    saved: Savings


@dataclass(frozen=True, slots=True, kw_only=True)
class JobUsage:
    """What one job used.

    `at` is its beginning in the time zone of the question. `outcome` is its state, with the code of
    the error if it failed. `seconds` lead from the request to the stored images, None for jobs
    without images. `is_billed`: whether it cost money or may have; else `cost` and `estimate`, in
    US dollars, count for nothing.
    """

    at: datetime
    model: str
    owner: str
    client: str
    action: str
    outcome: str
    seconds: float | None = None
    is_billed: bool = False
    images: int = 0
    cost: Decimal | None = None
    estimate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageGroup:
    """The usage of a group: `name` is its day (2026-11-28), hour (2026-11-28 14:00), model, ...

    `jobs` counts all jobs, `stored` those that delivered images, and `calls` those that cost money
    or may have. `images`, `cost`, `unknown`, `estimated` and `saved` are those of a UsageAccount;
    `priced_images` are the images of calls of known cost.
    Half of the stored jobs took at most `median_seconds`, and 95 of 100 at most `p95_seconds`.
    """

    name: str
    jobs: int = 0
    stored: int = 0
    calls: int = 0
    images: int = 0
    priced_images: int = 0
    cost: Decimal = Decimal(0)
    unknown: int = 0
    estimated: Decimal = Decimal(0)
    saved: Savings = NOTHING
    median_seconds: float | None = None
    p95_seconds: float | None = None

    @property
    def cache_share(self) -> float | None:
        """The share of reused results in all results, 0 to 1; None without results."""
        results = self.stored + self.saved.results
        return self.saved.results / results if results else None

    @property
    def cost_per_image(self) -> Decimal | None:
        """The known cost for each image of the calls that have one, in US dollars; else None.

        Calls without an image add to the cost of those with one.
        """
        return self.cost / self.priced_images if self.priced_images else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBreakdown:
    """All groups: of time the newest first, of others the most expensive first; and their total."""

    by: Dimension
    groups: list[UsageGroup]
    total: UsageGroup


def break_down(by: Dimension, jobs: Iterable[JobUsage], reuses: Iterable[Reuse]) -> UsageBreakdown:
    """Group the usage; the sum of all groups is the total."""
    sums: dict[str, _Sums] = {}
    total = _Sums()
    for job in jobs:
        for each in (sums.setdefault(_group_of_job(job, by) or UNKNOWN, _Sums()), total):
            each.add(job)
    for reuse in reuses:
        for each in (sums.setdefault(_group_of_reuse(reuse, by) or UNKNOWN, _Sums()), total):
            each.saved += reuse.saved
    groups = sorted((each.group(name) for name, each in sums.items()), key=lambda each: each.name)
    if by in OF_TIME:
        groups.sort(key=lambda each: "" if each.name == UNKNOWN else each.name, reverse=True)
    else:
        groups.sort(key=lambda each: each.cost + each.estimated, reverse=True)
    return UsageBreakdown(by=by, groups=groups, total=total.group(ALL))


def unattributed(
    totals: Mapping[tuple[date, str], Savings], details: Iterable[Reuse]
) -> list[Reuse]:
    """The details, and what is left of each day's and model's total, whose origin is unknown."""
    left, known = dict(totals), [*details]
    for each in known:
        at = (each.day, each.key.model)
        before = left.get(at, NOTHING)
        left[at] = Savings(
            results=before.results - each.saved.results, usd=before.usd - each.saved.usd
        )
    rest = [
        Reuse(day=day, key=ReuseKey(model), saved=saved)
        for (day, model), saved in left.items()
        if saved != NOTHING
    ]
    return known + rest


@dataclass(slots=True)
class _Sums:
    jobs: int = 0
    stored: int = 0
    calls: int = 0
    images: int = 0
    priced_images: int = 0
    cost: Decimal = Decimal(0)
    unknown: int = 0
    estimated: Decimal = Decimal(0)
    saved: Savings = NOTHING
    seconds: list[float] = field(default_factory=list)

    def add(self, job: JobUsage) -> None:
        self.jobs += 1
        self.stored += job.outcome == STORED
        if job.seconds is not None:
            self.seconds.append(job.seconds)
        if not job.is_billed:
            return
        self.calls += 1
        self.images += job.images
        if job.cost is not None:
            self.cost += job.cost
            self.priced_images += job.images
        else:
            self.unknown += 1
            self.estimated += job.estimate or 0

    def group(self, name: str) -> UsageGroup:
        seconds = sorted(self.seconds)
        sums = {each.name: getattr(self, each.name) for each in fields(self)}
        del sums["seconds"]
        return UsageGroup(
            name=name,
            **sums,
            median_seconds=median(seconds) if seconds else None,
            p95_seconds=seconds[math.ceil(0.95 * len(seconds)) - 1] if seconds else None,
        )


def _group_of_job(job: JobUsage, by: Dimension) -> str:
    match by:
        case Dimension.DAY:
            return job.at.date().isoformat()
        case Dimension.HOUR:
            return _hour(job.at.date(), job.at.hour)
        case _:
            return str(getattr(job, by.value))


def _group_of_reuse(reuse: Reuse, by: Dimension) -> str:
    match by:
        case Dimension.DAY:
            return reuse.day.isoformat()
        case Dimension.HOUR:
            return "" if reuse.hour is None else _hour(reuse.day, reuse.hour)
        case Dimension.OUTCOME:
            return REUSED
        case _:
            return str(getattr(reuse.key, by.value))


def _hour(day: date, hour: int) -> str:
    return f"{day.isoformat()} {hour:02}:00"
