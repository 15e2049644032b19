"""Usage by a property of its jobs: as structured data and as CSV."""

import csv
import io
from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from application.use_cases.analyze_usage import UsageAnalysis
from domain.money.usage_breakdown import UsageGroup
from domain.untrusted_text import single_line

MAX_NAME = 100
"""Characters of the name of a group in CSV and tables."""
FORMULA = ("=", "+", "-", "@")
"""How a cell begins that spreadsheets run as a formula."""
Format = Literal["json", "csv"]


class UsageGroupEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The usage of one group. `costUsd` leaves out the `unknownCostCalls` calls.

    `cacheShare` is the share of reused results, 0 to 1. What cannot be told is missing.
    """

    group: str
    jobs: int
    stored: int
    calls: int
    images: int
    cost_usd: float
    unknown_cost_calls: int
    estimated_usd: float
    reused_results: int
    saved_usd: float
    cache_share: float | UnsetType = UNSET
    cost_per_image_usd: float | UnsetType = UNSET
    median_seconds: float | UnsetType = UNSET
    p95_seconds: float | UnsetType = UNSET


class UsageAnalysisResult(Struct, kw_only=True):
    """Usage by one property, of all callers. Days and hours are in the machine's time zone."""

    by: str
    since: str
    groups: list[UsageGroupEntry]
    total: UsageGroupEntry


def analysis_result(analysis: UsageAnalysis) -> UsageAnalysisResult:
    """The analysis for programs."""
    breakdown = analysis.breakdown
    return UsageAnalysisResult(
        by=breakdown.by.value,
        since=analysis.since.isoformat(),
        groups=[_entry(group) for group in breakdown.groups],
        total=_entry(breakdown.total),
    )


def analysis_csv(analysis: UsageAnalysis) -> str:
    """The groups as CSV (RFC 4180), with the names of the JSON; amounts are exact.

    A name that a spreadsheet would run as a formula has an apostrophe before it.
    """
    groups = [(group, asdict(_entry(group))) for group in analysis.breakdown.groups]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([analysis.breakdown.by.value, *UsageGroupEntry.__struct_encode_fields__[1:]])
    for group, values in groups:
        exact = {
            "cost_usd": group.cost,
            "estimated_usd": group.estimated,
            "saved_usd": group.saved.usd,
            "cost_per_image_usd": group.cost_per_image,
        }
        _, *cells = (values | exact).items()
        writer.writerow([_cell(group.name), *(_number(value) for _, value in cells)])
    return text.getvalue()


def _cell(name: str) -> str:
    text = single_line(name, MAX_NAME)
    return f"'{text}" if text.startswith(FORMULA) else text


def _number(value: object) -> object:
    """An amount without an exponent, and nothing for what cannot be told."""
    if value is None or value is UNSET:
        return ""
    return value if isinstance(value, int | float) else f"{value:f}"


def _entry(group: UsageGroup) -> UsageGroupEntry:
    per_image = group.cost_per_image
    return UsageGroupEntry(
        group=group.name,
        jobs=group.jobs,
        stored=group.stored,
        calls=group.calls,
        images=group.images,
        cost_usd=float(group.cost),
        unknown_cost_calls=group.unknown,
        estimated_usd=float(group.estimated),
        reused_results=group.saved.results,
        saved_usd=float(group.saved.usd),
        cache_share=_rounded(group.cache_share, 4),
        cost_per_image_usd=UNSET if per_image is None else float(per_image),
        median_seconds=_rounded(group.median_seconds, 3),
        p95_seconds=_rounded(group.p95_seconds, 3),
    )


def _rounded(value: float | None, digits: int) -> float | UnsetType:
    return UNSET if value is None else round(value, digits)
