"""Usage by a property of its jobs as a table with a bar for each group's cost."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.use_cases.analyze_usage import UsageAnalysis
from domain.money.amounts import dollars
from domain.money.usage_breakdown import UsageGroup
from domain.untrusted_text import single_line
from entrypoints.wire.usage_analysis import MAX_NAME

FIGURES = ("jobs", "images", "cost", "cached", "median", "95th")
NARROW = 66
"""Columns below which the table has the cost and its bar only."""
BAR = 8
"""Columns of the longest bar."""
SECONDS_WITH_FRACTION = 100


def chart_text(analysis: UsageAnalysis, console: Console | None = None) -> str:
    """The groups and their total, as wide as the console or terminal.

    Each bar is as long as the group's known and estimated cost; if nothing cost anything, as its
    number of jobs.
    """
    console = console or Console()
    with console.capture() as captured:
        console.print(_table(analysis, console))
    return captured.get().rstrip()


def _table(analysis: UsageAnalysis, console: Console) -> Table:
    breakdown, narrow = analysis.breakdown, console.width < NARROW
    block = "█" if console.encoding.lower().startswith("utf") else "#"
    title = f"Since {analysis.since}, by {breakdown.by}, in local time"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(breakdown.by.value)  # the only one that Rich may make narrower
    table.add_column("", no_wrap=True, width=BAR)
    for heading in ("cost",) if narrow else FIGURES:
        table.add_column(heading, justify="right", no_wrap=True)
    paid = any(_cost(group) for group in breakdown.groups)
    sizes = [_cost(group) if paid else float(group.jobs) for group in breakdown.groups]
    for group, size in zip(breakdown.groups, sizes, strict=True):
        # As Text: a client may have any name, and Rich must not read it as markup.
        name = Text(single_line(group.name, MAX_NAME), no_wrap=True, overflow="ellipsis")
        bar = block * max(round(BAR * size / max(sizes)), 1) if size else ""
        table.add_row(name, bar, *_figures(group, narrow=narrow))
    table.add_section()
    table.add_row(breakdown.total.name, "", *_figures(breakdown.total, narrow=narrow))
    if breakdown.total.unknown:
        table.caption = f"without {breakdown.total.unknown} calls of unknown cost"
    return table


def _cost(group: UsageGroup) -> float:
    return float(group.cost + group.estimated)


def _figures(group: UsageGroup, *, narrow: bool) -> list[str]:
    if narrow:
        return [dollars(group.cost)]
    share = group.cache_share
    return [
        str(group.jobs),
        str(group.images),
        dollars(group.cost),
        "-" if share is None else f"{share:.0%}",
        _seconds(group.median_seconds),
        _seconds(group.p95_seconds),
    ]


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f} s" if value < SECONDS_WITH_FRACTION else f"{value:.0f} s"
