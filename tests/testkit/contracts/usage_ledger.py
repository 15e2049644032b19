"""What every UsageLedger promises. A new one inherits this suite."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from application.ports.job_repository import JobRepository
from application.ports.usage_ledger import UsageLedger
from domain.errors import Canceled, ChargeStatus
from domain.image import StoredRef
from domain.image_formats import Dimensions
from domain.job_records import may_retry
from domain.jobs import Job
from domain.models import ModelCard
from domain.money.budget_errors import BudgetExhausted
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits
from domain.money.estimates import CallKind, SeenCall
from domain.money.prices import TokenPricing
from domain.money.spending import SpendingTotal
from domain.money.usage_account import Savings
from domain.money.usage_breakdown import ReuseKey
from domain.provider_errors import BadProviderReply, OutcomeUnknown, RateLimited
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import NO_TOKENS, MainlineUsage, ResultFacts, ResultImage, Usage

from ..fakes import PNG, job_for, mask, small_image

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOLLAR = Decimal(1)
PRICING = TokenPricing(text_in=Decimal(0), image_in=Decimal(0), out=DOLLAR, as_of=NOW.date())
CARD = ModelCard(name="fake-1", pricing=PRICING)
TEN = BudgetLimits(day_usd=Decimal(10))

AnyJob = Job[ImageRequest]


@dataclass(frozen=True)
class Books:
    """A ledger, and the repository whose jobs it accounts for."""

    ledger: UsageLedger
    records: JobRepository

    async def reserve(self, job: AnyJob, limits: BudgetLimits, *, now: datetime = NOW) -> None:
        """Reserve the job as the Budget safeguard does."""
        await self.records.reserve(
            job,
            since=limits.since(now),
            check=lambda spent: check_budget(job, limits, spent, now),
            may_replace=may_retry,
        )


def costing(id_: str, usd: str | None = "1", **facts: Any) -> AnyJob:  # noqa: ANN401 - fields of Job
    """A job that is expected to cost that much."""
    estimate = None if usd is None else Decimal(usd)
    return job_for(
        facts.pop("request", None),
        **{"id": id_, "card": CARD, "created_at": NOW, "estimate": estimate, **facts},
    )


def stored(job: AnyJob, usd: str | None) -> AnyJob:
    """The job, stored at that cost."""
    tokens = None if usd is None else int(Decimal(usd) * 1_000_000)
    usage = (
        None if tokens is None else Usage(text_tokens_in=0, image_tokens_in=0, tokens_out=tokens)
    )
    return job.dispatched().stored(
        (ResultImage(image=PNG, stored=StoredRef(ref="p")),), ResultFacts(usage=usage)
    )


@pytest.mark.anyio
class UsageLedgerContract:
    """Give a fixture `books`; the suite tests the rest."""

    @pytest.fixture
    def books(self, tmp_path: Path) -> Books:
        pytest.fail("The class that inherits this suite gives the books.")

    async def test_of_fifty_concurrent_jobs_exactly_as_many_are_reserved_as_fit(
        self, books: Books
    ) -> None:
        reserving = (books.reserve(costing(f"job_{number}"), TEN) for number in range(50))
        ends = await asyncio.gather(*reserving, return_exceptions=True)
        assert sum(end is None for end in ends) == 10
        assert sum(isinstance(end, BudgetExhausted) for end in ends) == 40
        total = await books.ledger.total(NOW - timedelta(days=1), NOW + timedelta(days=1))
        assert total == SpendingTotal(usd=Decimal(10), images=10, unknown=0, latest=NOW)

    async def test_requested_images_are_counted(self, books: Books) -> None:
        limits = BudgetLimits(images_hour=5)
        for number in range(2):
            request = GenerateRequest(prompt="x", model="fake-1", n=2)
            await books.reserve(costing(f"job_{number}", request=request), limits)
        with pytest.raises(BudgetExhausted, match="4 images are used"):
            await books.reserve(costing("job_3", request=request), limits)
        await books.reserve(costing("job_4"), limits)

    @pytest.mark.parametrize(
        ("settle", "left"),
        [
            (lambda job: stored(job, "0.25"), "9.75"),
            (lambda job: stored(job, None), "6"),
            (lambda job: job.dispatched(), "6"),
            (lambda job: job.dispatched().ended(OutcomeUnknown("x")), "6"),
            (lambda job: job.dispatched().failed(BadProviderReply("x")), "6"),
            (lambda job: job.dispatched().failed(RateLimited("x")), "10"),
            (lambda job: job.failed(Canceled("x")), "10"),
        ],
        ids=["stored", "not counted", "sent", "unknown", "perhaps charged", "refused", "canceled"],
    )
    async def test_a_job_uses_its_cost_or_its_estimate(
        self,
        books: Books,
        settle: Callable[[AnyJob], AnyJob],
        left: str,
    ) -> None:
        job = costing("job_1", "4")
        await books.reserve(job, TEN)
        await books.records.save(settle(job))
        with pytest.raises(BudgetExhausted):
            await books.reserve(costing("job_2", f"{left}1"), TEN)
        await books.reserve(costing("job_2", left), TEN)

    async def test_a_canceled_job_releases_its_reservation(self, books: Books) -> None:
        job = costing("job_1", "10")
        await books.reserve(job, TEN)
        await books.records.save(job.failed(Canceled("x")))
        await books.reserve(costing("job_2", "10"), TEN)

    async def test_cents_are_added_exactly(self, books: Books) -> None:
        for number in range(10):
            await books.reserve(costing(f"job_{number}", "0.1"), BudgetLimits(day_usd=DOLLAR))
        with pytest.raises(BudgetExhausted):
            await books.reserve(
                costing("job_more", "0.0000001"), BudgetLimits(day_usd=DOLLAR), now=NOW
            )

    @pytest.mark.parametrize(
        ("ago", "counts"),
        [(24.0, False), (23.99, True), (0.0, True), (-20.0, True), (-500.0, False)],
    )
    async def test_the_window_rolls_and_jobs_of_the_near_future_count(
        self, books: Books, ago: float, counts: bool
    ) -> None:
        before = NOW - timedelta(hours=ago)
        await books.reserve(costing("job_1", "10", created_at=before), TEN, now=before)
        reserving = books.reserve(costing("job_2"), TEN)
        if counts:
            with pytest.raises(BudgetExhausted):
                await reserving
        else:
            await reserving

    async def test_a_refused_job_is_not_recorded(self, books: Books) -> None:
        with pytest.raises(BudgetExhausted):
            await books.reserve(costing("job_1", "11"), TEN)
        times = NOW - timedelta(days=1), NOW + timedelta(days=1)
        assert await books.ledger.total(*times) == SpendingTotal()

    async def test_there_is_an_account_for_each_day_and_model(self, books: Books) -> None:
        yesterday = NOW - timedelta(days=1)
        for job in (
            stored(costing("job_1"), "0.1"),
            stored(costing("job_2"), "0.2"),
            stored(costing("job_3", "0.7"), None),
            costing("job_4", None).dispatched().ended(OutcomeUnknown("x")),
            costing("job_5").dispatched().failed(RateLimited("x")),
            stored(costing("job_6", created_at=yesterday), "0.5"),
            stored(costing("job_7", request=GenerateRequest(prompt="x", model="fake-2")), "0.3"),
        ):
            await books.records.save(job)
        today, other, before = await books.ledger.accounts(NOW - timedelta(days=2))
        assert [(each.day, each.model) for each in (today, other, before)] == [
            (NOW.date(), "fake-1"),
            (NOW.date(), "fake-2"),
            (yesterday.date(), "fake-1"),
        ]
        assert (today.calls, today.images, today.unknown) == (4, 3, 2)
        assert (today.cost, today.estimated) == (Decimal("0.3"), Decimal("0.7"))
        assert today.usage.tokens_out == 300_000
        assert (other.cost, before.cost) == (Decimal("0.3"), Decimal("0.5"))
        assert await books.ledger.accounts(NOW + timedelta(days=1)) == []

    async def test_accounts_tell_providers_apart_and_savings_go_to_the_only_one(
        self, books: Books
    ) -> None:
        for number, provider in enumerate(("one", "one", "two")):
            job = job_for(
                id=f"job_{number}", created_at=NOW, provider=provider, estimate=Decimal(1)
            )
            await books.records.save(job.dispatched())
        request = GenerateRequest(prompt="x", model="m")
        other = job_for(request, id="job_3", created_at=NOW, provider="two")
        await books.records.save(other.dispatched())
        saved = Savings(results=1, usd=Decimal(2))
        await books.ledger.credit({ReuseKey("fake-1"): saved, ReuseKey("m"): saved}, NOW)
        accounts = await books.ledger.accounts(NOW - timedelta(days=1))
        found = [(each.model, each.provider, each.calls, each.saved.usd) for each in accounts]
        assert found == [
            ("fake-1", "", 0, Decimal(2)),
            ("fake-1", "one", 2, Decimal(0)),
            ("fake-1", "two", 1, Decimal(0)),
            ("m", "two", 1, Decimal(2)),
        ]

    async def test_a_day_is_one_of_the_time_zone_of_the_question(self, books: Books) -> None:
        late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        await books.records.save(stored(costing("job_1", created_at=late), "0.1"))
        berlin, california = timezone(timedelta(hours=1)), timezone(timedelta(hours=-8))
        for zone, day in ((UTC, 22), (berlin, 23), (california, 22)):
            since = (NOW - timedelta(days=2)).astimezone(zone)
            (account,) = await books.ledger.accounts(since)
            assert account.day == date(2026, 11, day)

    async def test_an_account_has_the_tokens_of_both_models_as_far_as_they_were_counted(
        self, books: Books
    ) -> None:
        mainline = MainlineUsage(tokens_in=100, tokens_out=20, cached_tokens_in=3)
        own = Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3)
        for number, usage in enumerate((own, replace(own, mainline=mainline), None)):
            error = BadProviderReply("No image.")
            error.usage, error.charged = usage, ChargeStatus.YES
            await books.records.save(costing(f"job_{number}").dispatched().ended(error))
        (account,) = await books.ledger.accounts(NOW - timedelta(days=1))
        assert account.usage == replace(own + own, mainline=mainline)

    async def test_an_account_counts_the_images_that_were_delivered(self, books: Books) -> None:
        four = GenerateRequest(prompt="x", model="fake-1", n=4)
        delivered = (
            ResultImage(image=PNG, stored=StoredRef(ref="p")),
            ResultImage(image=small_image("red"), stored=StoredRef(ref="q")),
        )
        job = costing("job_1", request=four)
        await books.records.save(job.dispatched().stored(delivered))
        await books.records.save(costing("job_2", request=four).dispatched())
        (today,) = await books.ledger.accounts(NOW)
        assert (today.calls, today.images) == (2, 2)

    async def test_the_newest_settled_calls_of_a_kind_are_seen(self, books: Books) -> None:
        edit = EditRequest(
            prompt="x", model="fake-1", images=(PNG, PNG), mask=mask(), partial_images=1
        )
        wide = GenerateRequest(prompt="x", model="fake-1", size=Dimensions(1536, 1024))
        four = GenerateRequest(prompt="x", model="fake-1", n=4)
        minute = timedelta(minutes=1)
        for job in (
            stored(costing("job_old", created_at=NOW - 3 * minute), "0.4"),
            stored(costing("job_1", created_at=NOW - minute), "0.1"),
            stored(costing("job_2", owner="other", request=four), "0.2"),
            stored(costing("job_3", created_at=NOW - 2 * minute), "0.3"),
            stored(costing("job_unknown"), None),
            costing("job_sent").dispatched(),
            stored(costing("job_edit", request=edit), "0.5"),
            stored(costing("job_wide", request=wide), "0.6"),
        ):
            await books.records.save(job)
        plain, edits, other = (
            CallKind("fake", "fake-1", "generate", "1024x1024", "auto"),
            CallKind("fake", "fake-1", "edit", "1024x1024", "auto"),
            CallKind("fake", "fake-1", "generate", "auto", "low"),
        )
        assert CallKind.of(costing("job_4")) == plain
        since = NOW - 3 * minute
        seen = await books.ledger.seen_calls([plain, edits, other], since=since, limit=9)
        assert [str(call.cost) for call in seen[plain]] == ["0.2", "0.1", "0.3"]
        assert seen[edits] == [
            SeenCall(
                images=1,
                cost=Decimal("0.5"),
                usage=replace(NO_TOKENS, tokens_out=500_000),
                partial_images=1,
                input_images=3,
            )
        ]
        assert not seen.get(other)
        seen = await books.ledger.seen_calls([plain], since=since, limit=2)
        assert [str(call.cost) for call in seen[plain]] == ["0.2", "0.1"]

    async def test_the_savings_of_a_day_are_added(self, books: Books) -> None:
        more = Savings(results=2, usd=Decimal("0.1"))
        one, less = ReuseKey("fake-1"), replace(more, results=1)
        await books.ledger.credit({one: more, ReuseKey("fake-2"): less}, NOW)
        await books.ledger.credit({one._replace(owner="other"): more}, NOW)
        await books.ledger.credit({one: more}, NOW - timedelta(days=1))
        accounts = await books.ledger.accounts(NOW)
        assert [(each.model, each.saved) for each in accounts] == [
            ("fake-1", Savings(results=4, usd=Decimal("0.2"))),
            ("fake-2", Savings(results=1, usd=Decimal("0.1"))),
        ]
