"""Spending and savings as text and as structured data."""

from itertools import groupby

from msgspec import UNSET, Struct, UnsetType, field
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.use_cases.report_usage import UsageReport
from domain.counts import count
from domain.local_times import local_time
from domain.money.amounts import dollars, exact_dollars
from domain.money.budgets import BudgetStatus
from domain.money.usage_account import UsageAccount
from domain.untrusted_text import single_line
from entrypoints.wire.outputs import TokenUsage

FIGURES = ("calls", "images", "tokens", "cost", "unknown", "saved")
NARROW = 66
"""Columns below which the table has the number of calls and their cost only."""
MAX_MODEL = 100
"""Characters of a model's name; a request cannot name a longer one."""


class AccountEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """One day's calls of one model. `costUsd` leaves out the `unknownCostCalls` calls."""

    day: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    calls: int
    images: int = field(name="pictures")
    tokens: TokenUsage
    cost_usd: float
    unknown_cost_calls: int
    estimated_usd: float
    saved_answers: int
    saved_usd: float


class BudgetEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The status of a budget. Amounts are in US dollars or in images."""

    budget: str
    limit: float
    spent: float
    left: float
    unknown_cost_calls: int
    free_at: str | UnsetType = UNSET


class UsageResult(Struct, kw_only=True):
    """What the command `usage` prints with --json. Days are those of the machine's time zone."""

    since: str
    days: list[AccountEntry]
    total: AccountEntry
    budgets: list[BudgetEntry]


def usage_result(usage: UsageReport) -> UsageResult:
    """The report for programs."""
    entries = [_entry(account) for account in usage.accounts]
    for entry, account in zip(entries, usage.accounts, strict=True):
        entry.day, entry.model = account.day.isoformat(), account.model
    return UsageResult(
        since=usage.since.isoformat(),
        days=entries,
        total=_entry(usage.total),
        budgets=[_budget(status) for status in usage.statuses],
    )


def usage_text(usage: UsageReport) -> str:
    """The same as tables, as wide as the terminal."""
    console = Console()
    with console.capture() as captured:
        console.print(_table(usage, narrow=console.width < NARROW))
        for status in usage.statuses:
            console.print(_status_line(status), highlight=False)
    return captured.get().rstrip()


def _table(usage: UsageReport, *, narrow: bool) -> Table:
    """Fits into 80 columns; a narrow one, without most numbers, into 40."""
    table = Table(title=f"Since {usage.since}, days in local time", box=SIMPLE_HEAD, padding=0)
    table.add_column("day and model", no_wrap=True)
    for heading in ("calls", "cost") if narrow else FIGURES:
        table.add_column(heading, justify="right", no_wrap=True)
    for day, accounts in groupby(usage.accounts, key=lambda account: account.day):
        table.add_row(str(day))
        for account in accounts:
            # As Text: a client may have used any name, and Rich must not read it as markup.
            table.add_row(
                Text(single_line(account.model, MAX_MODEL)), *_figures(account, narrow=narrow)
            )
        table.add_section()
    table.add_row(usage.total.model, *_figures(usage.total, narrow=narrow))
    if usage.total.unknown and not narrow:
        table.caption = "unknown: calls of unknown cost, and their estimated cost"
    return table


def _figures(account: UsageAccount, *, narrow: bool) -> list[str]:
    if narrow:
        return [str(account.calls), dollars(account.cost)]
    estimated = dollars(account.estimated, up=True)  # as the list of jobs has it
    tokens = account.usage.total
    return [
        str(account.calls),
        str(account.images),
        f"{tokens / 1000:.1f}k" if tokens else "0",
        dollars(account.cost),
        f"{account.unknown}, {estimated}" if account.unknown else "-",
        dollars(account.saved.usd),
    ]


def _status_line(status: BudgetStatus) -> str:
    left, limit = _amounts(status)
    line = f"{status.name}: {left} left of {limit}"
    if status.unknown:
        line += f", and {count(status.unknown, 'call')} of unknown cost"
    if status.fully_available_at is not None:
        line += f"; all of it again from {local_time(status.fully_available_at, up=True)} on"
    return line


def _amounts(status: BudgetStatus) -> tuple[str, str]:
    """What is left, and the limit."""
    if status.counts_images:
        return str(status.left), count(int(status.limit), "image")
    return dollars(status.left), exact_dollars(status.limit)


def _entry(account: UsageAccount) -> AccountEntry:
    tokens = account.usage
    return AccountEntry(
        calls=account.calls,
        images=account.images,
        tokens=TokenUsage(
            text_in=tokens.text_tokens_in, image_in=tokens.image_tokens_in, out=tokens.tokens_out
        ),
        cost_usd=float(account.cost),
        unknown_cost_calls=account.unknown,
        estimated_usd=float(account.estimated),
        saved_answers=account.saved.results,
        saved_usd=float(account.saved.usd),
    )


def _budget(status: BudgetStatus) -> BudgetEntry:
    free_at = status.fully_available_at
    return BudgetEntry(
        budget=status.name,
        limit=float(status.limit),
        spent=float(status.spent),
        left=float(status.left),
        unknown_cost_calls=status.unknown,
        free_at=UNSET if free_at is None else free_at.isoformat(timespec="seconds"),
    )
