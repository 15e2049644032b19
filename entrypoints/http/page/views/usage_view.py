"""The view of usage: what was spent and saved, what is left, and by whom."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from application.use_cases.analyze_usage import UsageAnalysis
from domain.errors import InvalidRequest
from domain.local_times import local_time
from domain.money.amounts import dollars, exact_dollars
from domain.money.budgets import BudgetStatus
from domain.money.usage_breakdown import Dimension, UsageGroup
from domain.untrusted_text import single_line
from entrypoints.http.page.view import Values, View
from entrypoints.http.request_context import AnyRequest, container_of
from entrypoints.wire.usage_analysis import MAX_NAME

MAX_DAYS, SPANS = 3660, (1, 7, 30, 90, 365)
MAX_ROWS = 400
"""Rows of the table; CSV and JSON have all groups."""
Row = Mapping[str, object]


async def _values(request: AnyRequest) -> Values:
    by, days = _asked(request)
    container = container_of(request)
    analysis = await container.analyze_usage()(by, days)
    report = await container.report_usage()(days)
    query = {"by": by.value, "days": days}
    return {
        "by": by.value,
        "days": days,
        "dimensions": [each.value for each in Dimension],
        "spans": sorted({*SPANS, days}),
        "since": analysis.since.isoformat(),
        "tiles": [*_tiles(analysis.breakdown.total)],
        "budgets": [_budget(status) for status in report.statuses],
        "rows": _rows(analysis),
        "left_out": max(0, len(analysis.breakdown.groups) - MAX_ROWS),
        "has_amounts": any(_amount(each) or each.saved.usd for each in analysis.breakdown.groups),
        "source": f"usage/breakdown?{urlencode(query)}",
        "csv": f"usage/breakdown?{urlencode({**query, 'format': 'csv'})}",
    }


def _asked(request: AnyRequest) -> tuple[Dimension, int]:
    by, days = (request.query_params.get(name, "") for name in ("by", "days"))
    if by and by not in [*Dimension]:
        hint = f"Use one of {', '.join(Dimension)}."
        raise InvalidRequest(f"Usage has no {single_line(by, 40)!r}.", field="by", hint=hint)
    if days and not (days.isascii() and days.isdecimal() and 1 <= int(days[:9]) <= MAX_DAYS):
        hint = f"Use a number from 1 to {MAX_DAYS}."
        raise InvalidRequest("This is no number of days.", field="days", hint=hint)
    return Dimension(by or "day"), int(days or 30)


def _tiles(total: UsageGroup) -> Iterator[tuple[str, str, str]]:
    """A name, a number and a remark each."""
    unknown = f"and {total.unknown} calls of unknown cost" if total.unknown else ""
    yield "Spent", dollars(total.cost), unknown
    yield "Saved", dollars(total.saved.usd), f"{total.saved.results} results reused"
    yield "From the cache", _share(total), "of all results"
    yield "Images", str(total.images), f"{total.jobs} jobs"
    yield "Each image", _per_image(total), "on average"
    yield "Half took", _seconds(total.median_seconds), "at most"
    yield "95 of 100 took", _seconds(total.p95_seconds), "at most"


def _rows(analysis: UsageAnalysis) -> list[Row]:
    groups = analysis.breakdown.groups
    largest = max((_amount(group) for group in groups), default=0.0)
    return [
        {
            "name": single_line(group.name, MAX_NAME) or "-",
            "amount": f"{_amount(group):.6f}",
            "largest": f"{largest:.6f}",
            "bar": largest > 0,
            "cells": [
                str(group.jobs),
                str(group.images),
                dollars(group.cost),
                f"{group.unknown}, {dollars(group.estimated, up=True)}" if group.unknown else "-",
                dollars(group.saved.usd),
                _share(group),
                _per_image(group),
                _seconds(group.median_seconds),
                _seconds(group.p95_seconds),
            ],
        }
        for group in groups[:MAX_ROWS]
    ]


def _budget(status: BudgetStatus) -> Row:
    free_at = status.fully_available_at
    if status.counts_images:
        left, limit = str(status.left), f"{status.limit} images"
    else:
        left, limit = dollars(status.left), exact_dollars(status.limit)
    return {
        "name": status.name,
        "text": f"{left} left of {limit}",
        "left": f"{float(status.left):.6f}",
        "limit": f"{float(status.limit):.6f}",
        "unknown": status.unknown,
        "free_at": local_time(free_at, up=True) if free_at else "",
    }


def _amount(group: UsageGroup) -> float:
    return float(group.cost + group.estimated)


def _share(group: UsageGroup) -> str:
    return "-" if group.cache_share is None else f"{group.cache_share:.0%}"


def _per_image(group: UsageGroup) -> str:
    return "-" if group.cost_per_image is None else dollars(group.cost_per_image)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} s"


VIEW = View(name="usage", title="Usage", values=_values, json="usage")
