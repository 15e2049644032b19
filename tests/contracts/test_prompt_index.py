"""The index of prompts: it is never needed to find a job, and it makes searches of many fast."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from adapters.records import prompt_index
from adapters.records.dialect import for_writing
from adapters.records.row_mapping import image_rows, job_row
from adapters.records.schema import images, jobs
from domain.image_filters import ImageFilter, search_words
from domain.requests import GenerateRequest
from tests.contracts.data_folder import DataFolder
from tests.contracts.test_query_plans import READS_A_TABLE, SORTS, plan_of
from tests.testkit.contracts.image_lists import ids, save, words
from tests.testkit.contracts.job_repository import BEGUN, stored
from tests.testkit.fakes import PNG

pytestmark = pytest.mark.anyio

FEW, MANY = 100, 10_000
SEARCHES: dict[str, ImageFilter] = {
    "everything": ImageFilter(),
    "a word of every prompt": words("lighthouse"),
    "a word of one prompt": words("number 3 zebra"),
    "a word of no prompt": words("bicycle"),
    "words of old prompts": words("old sea"),
    "a rare model": ImageFilter(model="gpt-image-1"),
    "a word and a model": ImageFilter(words=search_words("lighthouse"), model="gpt-image-2"),
    "a day": ImageFilter(since=datetime.now(UTC) - timedelta(days=1)),
    "what is older": ImageFilter(before=datetime.now(UTC) - timedelta(minutes=50)),
}


def fill(here: DataFolder, total: int) -> None:
    """Record that many jobs with an image each, one a minute, the last one now."""
    begun = datetime.now(UTC) - timedelta(minutes=total)
    made = [
        stored(
            PNG,
            id=f"job_{number}",
            created_at=begun + timedelta(minutes=number),
            requested_model=_model(number, total),
            request=GenerateRequest(prompt=_prompt(number, total), model=_model(number, total)),
        )
        for number in range(total)
    ]
    with for_writing(here.database.records().engine).begin() as connection:
        rows = [{**job_row(job, "1-0"), "changed_at": _naive(job.created_at)} for job in made]
        connection.execute(insert(jobs), rows)
        connection.execute(insert(images), [row for job in made for row in image_rows(job)])


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _prompt(number: int, total: int) -> str:
    rare = " zebra" if number == 3 else ""
    age = "old" if number < total // 2 else "new"
    return f"a lighthouse above a quiet {age} sea, number {number}{rare}"


def _model(number: int, total: int) -> str:
    return "gpt-image-1" if number in (1, total // 2) else "gpt-image-2"


async def steps(here: DataFolder, work: Callable[[], Awaitable[object]]) -> int:
    """Steps of SQLite that the work takes."""
    count = [0]

    def step() -> int:
        count[0] += 1
        return 0

    engine = here.database.records().engine

    @event.listens_for(engine, "checkout")
    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(step, 1)

    await work()
    event.remove(engine, "checkout", watch)
    return count[0]


async def catch_up(here: DataFolder, total: int) -> None:
    """Search until everything is indexed."""
    for _ in range(total // prompt_index.AT_ONCE + 1):
        await ids(here.records, words("lighthouse"), limit=1)
    assert here.sql("SELECT count(*) FROM jobs WHERE search_row IS NULL") == [(0,)]


async def test_a_page_of_10000_images_takes_hardly_more_steps_than_one_of_100(
    here: DataFolder, there: DataFolder, tmp_path: Path
) -> None:
    large = DataFolder(tmp_path / "large")
    taken: list[dict[str, int]] = []
    for folder, total in ((here, FEW), (large, MANY)):
        fill(folder, total)
        await catch_up(folder, total)
        taken.append(
            {
                name: await steps(
                    folder,
                    lambda folder=folder, matching=matching: ids(  # type: ignore[misc] # defaults bind the loop's values
                        folder.records, matching, limit=21
                    ),
                )
                for name, matching in SEARCHES.items()
            }
        )
    await large.close()
    few, many = taken
    assert {name: many[name] / few[name] for name in SEARCHES if many[name] >= 5 * few[name]} == {}


@pytest.mark.parametrize("name", SEARCHES)
async def test_no_search_reads_a_whole_table_or_sorts_what_it_found(
    here: DataFolder, name: str
) -> None:
    matching = SEARCHES[name]
    plan = await plan_of(here, lambda here: ids(here.records, matching))
    assert [step for step in plan if READS_A_TABLE.match(step)] == []
    before_sorts = [plan[at - 1] for at, step in enumerate(plan) if step == SORTS]
    assert [step for step in before_sorts if not step.startswith("SCAN (subquery")] == [], plan


async def test_a_search_changes_nothing_that_is_recorded(here: DataFolder) -> None:
    await save(here.records, {"job_1": "A RED Fox"})
    before = await here.record()
    assert await ids(here.records, words("fox")) == ["job_1"]
    assert await here.record() == before


async def test_without_an_index_a_search_reads_all_prompts(
    here: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_index, "CREATE", "CREATE VIRTUAL TABLE prompt_index USING missing()")
    await save(here.records, {"job_1": "a red fox", "job_2": "a bear"})
    assert await ids(here.records, words("fox")) == ["job_1"]
    assert here.sql("SELECT count(search_row) FROM jobs") == [(0,)]


async def test_while_another_process_writes_a_search_does_not_wait(here: DataFolder) -> None:
    await save(here.records, {"job_1": "a red fox"})
    assert await ids(here.records, words("fox")) == ["job_1"]
    await save(here.records, {"job_2": "a blue fox"})
    with sqlite3.connect(here.file, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert await ids(here.records, words("fox")) == ["job_2", "job_1"]
        assert await ids(here.records, words("blue")) == ["job_2"]
        writer.execute("ROLLBACK")
    assert here.sql("SELECT count(search_row) FROM jobs") == [(1,)]
    writer.close()


async def test_a_missing_index_hides_no_job(here: DataFolder) -> None:
    await save(here.records, {"job_1": "a red fox", "job_2": "a blue fox"})
    assert await ids(here.records, words("blue")) == ["job_2"]
    here.sql("DROP TABLE prompt_index")
    assert await ids(here.records, words("blue")) == ["job_2"]


async def test_jobs_of_an_odd_time_are_found_without_the_index(here: DataFolder) -> None:
    far = datetime(9999, 1, 1, tzinfo=UTC)
    await here.records.save(
        stored(PNG, created_at=far, request=GenerateRequest(prompt="a red fox"))
    )
    assert await ids(here.records, words("fox")) == ["job_1"]
    assert await ids(here.records, words("fox")) == ["job_1"]
    assert here.sql("SELECT count(search_row) FROM jobs") == [(0,)]


async def test_more_jobs_of_one_moment_than_the_index_has_room_for_are_all_found(
    here: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_index, "SLOTS", 2)
    request = GenerateRequest(prompt="a fox")
    for number in range(5):
        await here.records.save(stored(PNG, id=f"job_{number}", request=request, created_at=BEGUN))
    assert await ids(here.records, words("fox")) == [f"job_{number}" for number in range(4, -1, -1)]
    assert here.sql("SELECT count(search_row) FROM jobs") == [(2,)]
