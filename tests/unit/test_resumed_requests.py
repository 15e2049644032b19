"""The same request, sent again after its process was killed."""

import pytest

from application.async_tools import gather_all
from domain.jobs import JobState
from domain.provider_errors import (
    OutcomeUnknown,
)
from tests.testkit.fakes import (
    FakeResumableProvider,
)
from tests.unit.results import SMALL
from tests.unit.resuming_process import CUT, Process, killed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("key", [None, "k-1"])
async def test_the_same_request_after_a_kill_waits_for_the_accepted_job(key: str | None) -> None:
    provider = FakeResumableProvider(breaks=[CUT], resume_fails=[CUT])
    before = Process(provider)
    with pytest.raises(OutcomeUnknown):
        await (await before.generate(SMALL, key=key)).result()
    before.records.end()
    after = Process(FakeResumableProvider(accepted=provider.accepted), before)
    handles = await gather_all([after.generate(SMALL, key=key) for _ in range(2)])
    results = [await handle.result() for handle in handles]
    assert {result.job_id for result in results} == {*before.records.tables.rows}
    assert len(provider.accepted) == 1
    assert after.states == [JobState.STORED]


async def test_a_fresh_request_after_a_kill_is_a_new_call() -> None:
    provider = FakeResumableProvider(breaks=[CUT], resume_fails=[CUT])
    before = Process(provider)
    with pytest.raises(OutcomeUnknown):
        await (await before.generate(SMALL)).result()
    before.records.end()
    after = Process(FakeResumableProvider(accepted=provider.accepted), before)
    await (await after.generate(SMALL, fresh=True)).result()
    assert len(provider.accepted) == 2


async def test_a_job_of_another_owner_is_not_adopted_for_a_request() -> None:
    before, accepted = await killed()
    after = Process(FakeResumableProvider(accepted=accepted), before)
    await (await after.generate(SMALL, owner="other")).result()
    assert len(accepted) == 2
