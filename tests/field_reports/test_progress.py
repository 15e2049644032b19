"""A steady bar, and how long a call usually takes: from this installation's own last calls."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from rich.progress import Task

from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import Execution, JobRunner
from application.use_cases.expect_duration import ExpectDuration
from domain.errors import ArchiveUnavailable
from domain.events import Finished, JobDispatched, JobEvent, JobStarted, ServedFromCache
from domain.money.estimates import CallKind
from entrypoints.cli.progress_display import Clock, Lines
from entrypoints.jobs.follow import Expect, Progress, follow
from tests.testkit.events import images, job
from tests.testkit.fakes import (
    FrozenClock,
    MemoryJobRepository,
    RecordingSink,
    no_day_budget,
    renditions,
)

pytestmark = pytest.mark.anyio
JOB = job("job_1")


class Took(MemoryJobRepository):
    """Records of jobs that took these seconds."""

    def __init__(self, *seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def durations(self, kind: CallKind, /, **_: object) -> Sequence[timedelta]:
        assert kind == CallKind.of(JOB)
        return [timedelta(seconds=each) for each in self.seconds]


class Unreadable(MemoryJobRepository):
    """Records on a disk that is gone."""

    async def durations(self, kind: CallKind, /, **_: object) -> Sequence[timedelta]:
        raise ArchiveUnavailable(f"{kind} cannot be read.")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(MemoryJobRepository(), None, id="the first call"),
        pytest.param(Took(40), 40, id="one call"),
        pytest.param(Took(30, 600, 40), 40, id="one call was retried for long"),
        pytest.param(Took(30, 40), 35, id="two calls"),
        pytest.param(Took(-3600, 40), 40, id="the clock was set back"),
        pytest.param(Took(86_400, 40), 40, id="a record was written anew after a day"),
        pytest.param(Took(0, -1), None, id="no call says anything"),
        pytest.param(Unreadable(), None, id="the disk is gone"),
    ],
)
async def test_a_call_is_expected_to_take_as_long_as_the_latest_of_its_kind(
    records: MemoryJobRepository, expected: float | None
) -> None:
    found = await ExpectDuration(records, FrozenClock())(JOB)
    assert found == (None if expected is None else timedelta(seconds=expected))


@pytest.mark.parametrize(
    ("elapsed", "usual", "shown"),
    [
        (12.4, None, "0:12"),
        (12.4, 40, "0:12 of about 0:40"),
        (40.9, 40, "0:40 of about 0:40"),
        (52, 40, "0:52, usually 0:40"),
        (0, 1, "0:00 of about 0:01"),
        (61, 125, "1:01 of about 2:05"),
    ],
)
def test_the_clock_shows_the_elapsed_and_the_usual_time(
    elapsed: float, usual: int | None, shown: str
) -> None:
    fields = {} if usual is None else {"usual": usual}
    task = Task(0, "", 100, 0, fields=fields, _get_time=lambda: elapsed)  # type: ignore[arg-type] # an ID
    task.start_time = 0
    assert Clock().render(task).plain == shown


def test_lines_tell_the_usual_time_once() -> None:
    told = [Lines().say_running(15, None)]
    lines = Lines()
    told += [
        lines.say_running(seconds, usual) for seconds, usual in ((15, None), (30, 40.4), (45, 40.4))
    ]
    assert told == [
        "Still generating after 15 s; an image can take two minutes.",
        "Still generating after 15 s; an image can take two minutes.",
        "Still generating after 30 s; usually 40 s.",
        "Still generating after 45 s.",
    ]


class Steps:
    """A bar that remembers what it showed."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.words: list[str] = []

    async def report(self, value: float, total: float, words: str) -> None:
        assert total == 100
        self.values.append(value)
        self.words.append(words)


@pytest.mark.parametrize("usual", [None, 0.0, 30, 4000])
async def test_the_bar_goes_forward_and_is_full_only_at_the_end(
    usual: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("entrypoints.jobs.follow.monotonic", lambda: now)
    steps = Steps()
    progress = Progress(steps.report)

    async def expect() -> timedelta | None:
        return None if usual is None else timedelta(seconds=usual)

    progress.look_up(expect)
    await asyncio.sleep(0)
    for second in range(300):
        now = float(second)
        if second in (20, 200):
            await progress.report(33 if second == 20 else 61, "Preview ready.")
        await progress.beat()
    assert all(before < after < 95 for before, after in pairwise(steps.values))
    if usual == 30:
        assert steps.values[15] == pytest.approx(45)
        assert "usually 30 s" in steps.words[15]


async def _execution(*events: JobEvent) -> Execution:
    for event in events:
        await asyncio.sleep(0)
        yield event


async def _hangs() -> timedelta | None:
    await asyncio.Event().wait()
    raise AssertionError


async def _fails() -> timedelta | None:
    raise RuntimeError("a bug in the lookup")


@pytest.mark.parametrize("expect", [_hangs, _fails])
async def test_a_lookup_that_hangs_or_fails_delays_no_image(expect: Expect) -> None:
    end = Finished(job_id=JOB.id, result=images(JOB))
    events = (JobStarted.of(JOB), JobDispatched(job_id=JOB.id), end)
    async with asyncio.timeout(5):
        assert (
            await follow(_handle(*events), Steps().report, every=0.001, expect=expect) == end.result
        )


@pytest.mark.parametrize(
    ("middle", "lookups"),
    [
        (ServedFromCache(job_id=JOB.id, source="disk"), 0),
        (JobDispatched(job_id=JOB.id), 1),
    ],
)
async def test_nothing_is_looked_up_before_a_request_is_sent(
    middle: JobEvent, lookups: int
) -> None:
    seen: list[str] = []

    async def expect() -> None:
        seen.append("lookup")

    async def report(_value: float, _total: float, words: str) -> None:
        seen.append(words)
        await asyncio.sleep(0)

    end = Finished(job_id=JOB.id, result=images(JOB))
    await follow(_handle(JobStarted.of(JOB), middle, end), report, every=9, expect=expect)
    assert seen.count("lookup") == lookups
    assert "lookup" not in seen[:2]


def _handle(*events: JobEvent) -> JobHandle:
    running = JobRunner(MemoryJobEvents(), RecordingSink()).start(JOB, _execution(*events))
    return JobHandle(
        running, JOB.request, renditions(), no_day_budget(), requested_model="fake-1", notes=()
    )
