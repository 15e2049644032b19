"""A final state that could not be written is written as soon as possible."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy.exc import OperationalError

from application.cost_estimates import CostEstimates
from application.ports.image_provider import Delivered
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from domain.errors import ArchiveUnavailable, Canceled
from domain.events import JobDispatched
from domain.image import StoredRef
from domain.jobs import Job, JobState
from domain.money.budgets import BudgetLimits
from domain.provider_errors import (
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from domain.requests import ImageRequest
from domain.results import ResultFacts, ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_ledger import NOW, TEN, Books, costing
from tests.testkit.fakes import PNG, FakeProvider, FrozenClock, job_for

pytestmark = pytest.mark.anyio

BUSY = 0.05
"""Seconds after which a writer stops waiting here."""


class Records(DataFolder):
    """A data folder whose database another process can lock."""

    def lock(self) -> closing[sqlite3.Connection]:
        """Lock the database against writes until the returned connection is closed."""
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return closing(other)

    def state(self, id_: str = "job_1") -> str:
        """The state in the database, as another process sees it."""
        ((state,),) = self.sql("SELECT state FROM jobs WHERE id = ?", id_)
        return str(state)


@pytest.fixture
async def records(
    tmp_path: Path, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Records]:
    monkeypatch.setattr("adapters.records.dialect.BUSY_TIMEOUT", BUSY)
    folder = Records(tmp_path)
    yield folder
    await folder.close()


@dataclass(frozen=True)
class End:
    """A final state: `of` makes it from a job, which was `sent` before or not."""

    of: Callable[[Job[ImageRequest]], Job[ImageRequest]]
    sent: bool = True


ENDS = {
    "stored": End(lambda job: job.stored((ResultImage(image=PNG, stored=StoredRef(ref="p")),))),
    "failed": End(lambda job: job.failed(RateLimited("Not now."))),
    "unknown": End(lambda job: job.ended(OutcomeUnknown("Cut."))),
    "released": End(lambda job: job.failed(Canceled("Never sent.")), sent=False),
}


async def end_while_locked(records: Records, end: End) -> JobState:
    """End a job while the database is locked; return the state that it must get."""
    job = job_for()
    job = job.dispatched() if end.sent else job
    await records.records.save(job)
    ended = end.of(job)
    with records.lock():
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(ended)
        assert (await records.record()).is_open
    assert records.state() == job.state
    return ended.state


async def recover(records: Records) -> None:
    assert await records.recover() == 0


async def record_another(records: Records) -> None:
    await records.records.save(job_for(id="job_2"))


async def close(records: Records) -> None:
    await records.close()


@pytest.mark.parametrize("catch_up", [recover, record_another, close])
@pytest.mark.parametrize("end", ENDS.values(), ids=[*ENDS])
async def test_the_next_write_after_the_lock_writes_the_final_state(
    records: Records, end: End, catch_up: Callable[[Records], Awaitable[None]]
) -> None:
    expected = await end_while_locked(records, end)
    await catch_up(records)
    assert records.state() == expected


async def test_the_job_and_its_image_can_be_read_at_once(
    records: Records,
) -> None:
    job = job_for().dispatched()
    await records.records.save(job)
    entry = ResultImage(image=PNG, stored=await records.images.put(PNG))
    with records.lock(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job.stored((entry,), ResultFacts(request_id="req_1")))
    assert await records.library.find(PNG.id, owner="local") == PNG
    record = await records.record()
    assert (record.state, record.request_id) == (JobState.STORED, "req_1")


async def test_reads_do_not_wait_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.records.dialect.BUSY_TIMEOUT", 2)
    records = Records(tmp_path)
    job = job_for().dispatched()
    await records.records.save(job)
    with records.lock():
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(job.failed(RateLimited("Not now.")))
        started = monotonic()
        for _ in range(5):
            assert (await records.record()).is_open
        assert monotonic() - started < 1
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(job_for(id="job_2"))
        assert monotonic() - started > 2
    await records.close()
    assert records.state() == JobState.FAILED


async def test_a_state_that_is_not_final_is_not_written_later(records: Records) -> None:
    await records.records.save(job_for())
    with records.lock(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job_for().dispatched())
    await records.recover()
    assert records.state() == JobState.RESERVED


async def test_a_pending_release_frees_budget_for_the_next_reservation(records: Records) -> None:
    job = costing("job_1", "10")
    books = Books(records.ledger, records.records)
    await books.reserve(job, TEN)
    with records.lock(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job.failed(Canceled("Never sent.")))
    await books.reserve(costing("job_2", "10"), TEN)


async def test_a_charged_image_is_found_even_if_its_record_could_not_be_written(
    records: Records,
) -> None:
    safeguard = Budget(
        Archiving(FakeProvider(), records.images, records.records),
        records.records,
        CostEstimates(records.ledger, FrozenClock()),
        BudgetLimits(),
        FrozenClock(),
    )
    stream = safeguard.generate(job_for())
    assert isinstance(await anext(stream), JobDispatched)
    with records.lock():
        result = await anext(stream)
    assert isinstance(result, Delivered)
    assert result.notes == ("The job's record could not be written.",)
    await stream.aclose()
    assert await records.library.find(PNG.id, owner="local") == PNG
    (account,) = await records.ledger.accounts(NOW.replace(year=2000))
    assert account.images == 1


@pytest.mark.parametrize("fault", [RateLimited("Not now."), OutcomeUnknown("Cut.")])
async def test_the_failure_of_a_call_is_known_even_if_its_record_could_not_be_written(
    records: Records, fault: ProviderError
) -> None:
    safeguard = Archiving(FakeProvider(fails=[fault]), records.images, records.records)
    stream = safeguard.generate(job_for())
    await anext(stream)
    with records.lock(), pytest.raises(type(fault)):
        await anext(stream)
    record = await records.record()
    assert record.failure is not None
    assert (record.is_open, record.failure.code) == (False, fault.code)


async def test_a_close_during_the_lock_leaves_the_job_to_the_next_process(
    records: Records, tmp_path: Path
) -> None:
    await end_while_locked(records, ENDS["failed"])
    with records.lock():
        await records.close()
    other = Records(tmp_path)
    assert await other.recover() == 1
    assert other.state() == JobState.UNKNOWN
    await other.close()


async def test_a_job_of_a_fallback_replaces_one_whose_failure_is_still_to_be_written(
    records: Records,
) -> None:
    first = job_for()
    await records.records.save(first.dispatched())
    table = records.database.records()
    with records.lock(), pytest.raises(OperationalError):
        table.write(first.dispatched().failed(QuotaExhausted("No credit.")))
    second = replace(first, provider="second", fingerprint="2" * 64)
    table.reserve(second, None, lambda _: None, lambda _: False)
    record = await records.record()
    assert (record.provider, record.fingerprint) == ("second", "2" * 64)
    failed, present = sorted(
        records.sql("SELECT provider, state FROM jobs"), key=lambda row: row[0] == "second"
    )
    assert (failed[1], present[1]) == (JobState.FAILED, JobState.RESERVED)
