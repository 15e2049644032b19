"""Spending and savings as tables."""

from itertools import groupby

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

FIGURES = ("calls", "images", "tokens", "cost", "unknown", "saved")
NARROW = 66
"""Columns below which the table has the number of calls and their cost only."""
MAX_MODEL = 100
"""Characters of a model's name; a request cannot name a longer one."""


def usage_text(usage: UsageReport, console: Console | None = None) -> str:
    """The report as a table and a line for each budget, as wide as the console or terminal."""
    console = console or Console()
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
    several = {account.provider for account in usage.accounts} - {""}
    for day, accounts in groupby(usage.accounts, key=lambda account: account.day):
        table.add_row(str(day))
        for account in accounts:
            # As Text: a client may have used any name, and Rich must not read it as markup.
            name = _name(account) if len(several) > 1 else account.model
            table.add_row(Text(single_line(name, MAX_MODEL)), *_figures(account, narrow=narrow))
        table.add_section()
    table.add_row(usage.total.model, *_figures(usage.total, narrow=narrow))
    if usage.total.unknown and not narrow:
        table.caption = "unknown: calls of unknown cost, and their estimated cost"
    return table


def _name(account: UsageAccount) -> str:
    return f"{account.provider}/{account.model}" if account.provider else account.model


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
