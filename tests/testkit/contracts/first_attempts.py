"""Contract of JobRepository: a job may have had a first attempt, which was free."""

import pytest

from application.ports.job_repository import JobRepository, Reserved
from domain.jobs import IdempotencyKey, JobState
from domain.provider_errors import OutcomeUnknown, RateLimited

from ..fakes import job_for
from .job_repository import reserve

KEY = IdempotencyKey("k-1", "digest")


@pytest.mark.anyio
class FirstAttemptsContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    async def test_a_first_attempt_that_was_free_keeps_its_record_beside_the_second(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        first, second = (job_for(key=KEY, provider=name) for name in ("one", "two"))
        await reserve(records, first)
        await records.save(first.dispatched().ended(RateLimited("Not now.")))
        assert await reserve(other, second) == Reserved()
        kept, set_aside = sorted(
            await records.latest(owner="local", limit=9), key=lambda each: each.id != first.id
        )
        assert (kept.id, kept.provider, kept.state) == (first.id, "two", JobState.RESERVED)
        assert (set_aside.provider, set_aside.state) == ("one", JobState.FAILED)
        assert set_aside.failure is not None
        assert set_aside.failure.code == "rate_limited"
        bound = await records.by_key(KEY.value, owner="local")
        assert bound is not None
        assert bound.record == kept

    async def test_an_attempt_that_may_have_cost_money_gets_no_second_one_beside_it(
        self, records: JobRepository
    ) -> None:
        first = job_for(provider="one").dispatched().ended(OutcomeUnknown("Cut."))
        await records.save(first)
        await reserve(records, job_for(provider="two"))
        assert len(await records.latest(owner="local", limit=9)) == 1
