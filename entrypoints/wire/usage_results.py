"""Spending and savings as structured data."""

from msgspec import UNSET, Struct, UnsetType, field

from application.use_cases.report_usage import UsageReport
from domain.counts import count
from domain.money.budgets import BudgetStatus
from domain.money.usage_account import UsageAccount
from entrypoints.wire.outputs import TokenUsage


class AccountEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A day's calls of a provider's model. `costUsd` leaves out the `unknownCostCalls` calls."""

    day: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
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
    """The structured report of spending. Days are those of the machine's time zone."""

    since: str
    days: list[AccountEntry]
    total: AccountEntry
    budgets: list[BudgetEntry]


def usage_result(usage: UsageReport) -> UsageResult:
    """The report for programs."""
    entries = [_entry(account) for account in usage.accounts]
    for entry, account in zip(entries, usage.accounts, strict=True):
        entry.day, entry.model = account.day.isoformat(), account.model
        entry.provider = account.provider or UNSET
    return UsageResult(
        since=usage.since.isoformat(),
        days=entries,
        total=_entry(usage.total),
        budgets=[_budget(status) for status in usage.statuses],
    )


def usage_lines(report: UsageResult) -> str:
    """What the table of spending leaves out or rounds, for a model: a line for each row."""
    rows = [*report.days, report.total]
    return "\n".join(f"{each.day or 'total'} {each.model or ''}: {_exactly(each)}" for each in rows)


def _exactly(entry: AccountEntry) -> str:
    provider = f"provider {entry.provider}; " if entry.provider else ""
    return f"{provider}tokens {entry.tokens}; {count(entry.saved_answers, 'answer')} saved"


def _entry(account: UsageAccount) -> AccountEntry:
    return AccountEntry(
        calls=account.calls,
        images=account.images,
        tokens=TokenUsage.of(account.usage),
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
