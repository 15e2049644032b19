"""What became of jobs can be read later, and what the dead left is settled."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from adapters.records.job_repository import SqlJobRepository
from domain.errors import Busy, ChargeStatus, KeyReused, NotFound
from domain.jobs import IdempotencyKey, JobState
from domain.provider_errors import ProviderTimedOut, RateLimited
from domain.results import ResultFacts, ResultImage, Usage
from tests.testkit.fakes import PNG, job_for

pytestmark = pytest.mark.anyio
KEY = IdempotencyKey("k-1", "a digest")


class Folder:
    """An archive and a journal over one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(home / "data")
        self.archive = FileImageStore(self.database, pictures_folder=home / "pictures")
        self.journal = SqlJobRepository(self.database, pictures_folder=home / "pictures")


@pytest.fixture
async def folder(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Folder]:
    its = Folder(tmp_path)
    yield its
    await its.database.close()


async def test_a_stored_job_is_told_as_it_was(folder: Folder) -> None:
    place = await folder.archive.put(PNG)
    usage = Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3)
    job = job_for(key=KEY, estimate=Decimal("0.07")).dispatched()
    pictures = (ResultImage(image=PNG, location=place, notes=("smaller",)),)
    facts = ResultFacts(revised_prompt="a bridge", usage=usage, request_id="req_1", notes=("one",))
    stored = job.stored(pictures, facts)
    await folder.archive.record(stored)
    told = await folder.journal.find("job_1", owner="local")
    assert (told.state, told.estimate) == (JobState.STORED, Decimal("0.07"))
    assert await folder.journal.find_by_key(KEY, owner="local") == told
    assert await folder.journal.find_by_image(PNG.id, owner="local") == told
    assert (told.usage, told.request_id, told.revised_prompt) == (usage, "req_1", "a bridge")
    assert told.created_at == job.created_at
    assert not told.is_open
    (kept,) = told.images
    assert (kept.id, kept.location, kept.format, kept.notes) == (PNG.id, place, "png", ("smaller",))
    assert (str(kept.dimensions), kept.size) == ("8x8", len(PNG.data))


async def test_a_failure_is_told_again_in_its_own_words(folder: Folder) -> None:
    await folder.archive.record(job_for().dispatched().unknown(ProviderTimedOut("Too long.")))
    told = (await folder.journal.find("job_1", owner="local")).failure
    assert told is not None
    assert (told.code, told.message, told.charged) == (
        "provider_timed_out",
        "Too long.",
        ChargeStatus.MAYBE,
    )
    assert told.hint == ProviderTimedOut.default_hint
    assert not told.retryable


async def test_somebody_elses_job_is_not_found(folder: Folder) -> None:
    await folder.archive.record(job_for(key=KEY).dispatched())
    with pytest.raises(NotFound, match="job_1"):
        await folder.journal.find("job_1", owner="somebody")
    assert await folder.journal.find_by_key(KEY, owner="somebody") is None
    assert await folder.journal.find_by_key(KEY, owner="local") is not None


async def test_recent_jobs_come_newest_first_and_unsettled_ones_by_themselves(
    folder: Folder,
) -> None:
    begun = job_for().created_at
    for number in range(3):
        job = job_for(id=f"job_{number}", created_at=begun + timedelta(seconds=number))
        await folder.archive.record(job.dispatched().stored(()))
    await folder.archive.record(job_for(id="job_open"))
    await folder.archive.record(job_for(id="job_sent").dispatched())
    await folder.archive.record(job_for(id="job_lost").dispatched().unknown(ProviderTimedOut("")))
    await folder.archive.record(job_for(id="job_failed").dispatched().failed(RateLimited("")))
    recent = await folder.journal.recent(owner="local", limit=2)
    assert [record.id for record in recent] == ["job_2", "job_1"]
    unsettled = await folder.journal.unsettled(owner="local", limit=9)
    assert {record.id for record in unsettled} == {"job_open", "job_sent", "job_lost"}


async def test_what_belongs_to_the_living_is_left_alone(folder: Folder, tmp_path: Path) -> None:
    await folder.archive.record(job_for().dispatched())
    other = Folder(tmp_path)
    assert await other.journal.close_abandoned() == 0
    assert await folder.journal.close_abandoned() == 0
    assert (await other.journal.find("job_1", owner="local")).state is JobState.DISPATCHED
    await other.database.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.contracts.test_job_repository import Folder
from tests.testkit.fakes import PNG, job_for, small_image

async def main():
    folder = Folder(Path(sys.argv[1]))
    await folder.archive.record(job_for(id="job_reserved"))
    await folder.archive.record(job_for(id="job_sent").dispatched())
    await folder.archive.record(job_for(id="job_done").dispatched().stored(()))
    writer = folder.database.lease().id
    pictures = folder.home / "pictures"
    pictures.mkdir()
    (pictures / f".{PNG.id}.png.{writer}.00000001.part").write_bytes(PNG.data)
    half = small_image("red")
    (pictures / f".{half.id}.png.{writer}.00000002.part").write_bytes(half.data[:40])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_a_killed_process_left_is_settled(folder: Folder, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(tmp_path))
    assert await process.wait() == -signal.SIGKILL
    assert len([*tmp_path.glob("data/writers/*-*.lock")]) == 1
    mine = tmp_path / "pictures" / f".{PNG.id}.png.{folder.database.lease().id}.00000003.part"
    mine.write_bytes(b"still being written")

    assert await folder.journal.close_abandoned() == 2
    ended = {
        id_: await folder.journal.find(f"job_{id_}", owner="local")
        for id_ in ("reserved", "sent", "done")
    }
    assert [record.state for record in ended.values()] == [
        JobState.FAILED,
        JobState.UNKNOWN,
        JobState.STORED,
    ]
    sent, reserved = ended["sent"].failure, ended["reserved"].failure
    assert sent is not None
    assert (sent.code, sent.charged) == ("outcome_unknown", ChargeStatus.MAYBE)
    assert reserved is not None
    assert (reserved.code, reserved.charged) == ("canceled", ChargeStatus.NO)
    left = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert left == {mine.name, f"{PNG.id}.png"}
    assert (tmp_path / "pictures" / f"{PNG.id}.png").read_bytes() == PNG.data
    assert len([*tmp_path.glob("data/writers/*-*.lock")]) == 1
    assert await folder.journal.close_abandoned() == 0


async def test_who_leaves_in_order_leaves_no_lock(folder: Folder, tmp_path: Path) -> None:
    await folder.archive.record(job_for())
    await folder.database.close()
    assert [path.name for path in (tmp_path / "data" / "writers").iterdir()] == ["door.lock"]


async def test_where_nothing_was_recorded_looking_for_leftovers_makes_nothing(
    folder: Folder, tmp_path: Path
) -> None:
    assert await folder.journal.close_abandoned() == 0
    assert [*tmp_path.iterdir()] == []


async def test_of_two_processes_that_begin_under_one_key_one_goes_on(
    folder: Folder, tmp_path: Path
) -> None:
    other = Folder(tmp_path)
    await folder.archive.record(job_for(key=KEY).dispatched())
    with pytest.raises(Busy, match="Another process"):
        await other.archive.record(job_for(id="job_2", key=KEY).dispatched())
    with pytest.raises(NotFound):
        await other.journal.find("job_2", owner="local")
    await other.archive.record(job_for(id="job_3", owner="somebody", key=KEY).dispatched())
    await other.database.close()


async def test_a_key_whose_job_failed_free_of_charge_may_mean_another(folder: Folder) -> None:
    await folder.archive.record(job_for(key=KEY).dispatched().failed(RateLimited("Not now.")))
    await folder.archive.record(job_for(id="job_2", key=KEY).dispatched())
    meant = await folder.journal.find_by_key(KEY, owner="local")
    assert meant is not None
    assert meant.id == "job_2"
    await folder.journal.bind_key(KEY, "job_1", owner="local")
    meant = await folder.journal.find_by_key(KEY, owner="local")
    assert meant is not None
    assert meant.id == "job_2"


async def test_a_key_under_which_something_else_was_asked_is_refused(folder: Folder) -> None:
    await folder.archive.record(job_for(key=KEY).dispatched())
    with pytest.raises(KeyReused, match="k-1"):
        await folder.journal.find_by_key(IdempotencyKey("k-1", "another digest"), owner="local")
