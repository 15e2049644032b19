"""Nothing that a caller waits for reads a whole table: the plans of all queries.

SQLite chooses a plan from the schema, not from the rows: a few rows show what many would cost.
"""

import re
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from adapters.records.conversation_repository import SqlConversationRepository
from adapters.records.schema import images, tables
from domain.job_records import JobPosition, OwnedImage
from domain.money.estimates import CallKind
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.abandoned_jobs import outcome
from tests.testkit.contracts.conversation_repository import LOGO, end, new_turn
from tests.testkit.contracts.job_repository import BEGUN, KEY, reserve, stored
from tests.testkit.fakes import PNG, job_for

pytestmark = pytest.mark.anyio

Work = Callable[[DataFolder], Awaitable[object]]
MINE, KIND = OwnedImage(PNG.id, "local"), CallKind.of(job_for())
SINCE = BEGUN - timedelta(days=30)
READS_A_TABLE = re.compile(rf"^SCAN (?:{'|'.join([*tables.tables, 'any_job', 'again'])})\b")
"""The last two are other names of tables within a query."""
IMAGES_OF_A_JOB = f"autoindex_{images.name}_1 (job_id=?)"
SORTS = "USE TEMP B-TREE FOR ORDER BY"

LISTS: dict[str, Work] = {
    "the newest images": lambda here: here.records.recent(owner="local", limit=9),
    "the next page": lambda here: here.records.recent(
        owner="local", limit=9, start=JobPosition(BEGUN, "job_1")
    ),
    "the images that were given last": lambda here: here.records.last_delivered(
        owner="local", limit=9
    ),
    "the newest jobs": lambda here: here.records.latest(owner="local", limit=9),
}
"""Read in the order of an index, as far as their limit."""


async def _abandoned(here: DataFolder) -> object:
    async with here.records.active_writers() as active:
        return await here.records.close_abandoned(active, outcome)


async def _references(here: DataFolder) -> None:
    async with here.records.image_references([MINE]) as found:
        found[0].trash(at=datetime.now(UTC))
    async with here.records.trashed_references([MINE]) as trashed:
        trashed[0].restore({})


async def _conversations(here: DataFolder) -> None:
    conversations = SqlConversationRepository(here.database)
    await conversations.begin(new_turn())
    await conversations.bind("turn_1", "job_1")
    await conversations.end("turn_1", end(), repeated=True)
    await conversations.get(LOGO, owner="local")
    await conversations.summaries(owner="local", limit=9)
    await conversations.is_recorded("turn_1")
    await conversations.remove_last(LOGO, owner="local")
    await conversations.clear(LOGO, owner="local")


OTHERS: dict[str, Work] = {
    "a job": lambda here: here.records.get("job_1", owner="local"),
    "a key": lambda here: here.records.by_key(KEY.value, owner="local"),
    "the job of an image": lambda here: here.records.by_image(PNG.id, owner="local"),
    "the places of an image": lambda here: here.records.image_refs(MINE),
    "images by prefix": lambda here: here.records.images_by_prefix("img_0", owner="local", limit=9),
    "jobs by prefix": lambda here: here.records.by_prefix("job_0", owner="local", limit=9),
    "unsettled jobs": lambda here: here.records.unsettled(owner="local", limit=9),
    "the trash": lambda here: here.records.trash(owner="local"),
    "old images": lambda here: here.records.images_by_age(before=BEGUN),
    "durations": lambda here: here.records.durations(KIND, since=SINCE, limit=9),
    "seen calls": lambda here: here.ledger.seen_calls([KIND], since=SINCE, limit=9),
    "spending": lambda here: here.ledger.total(SINCE, BEGUN),
    "accounts": lambda here: here.ledger.accounts(SINCE),
    "a reservation": lambda here: reserve(here.records, job_for(id="job_2", key=KEY)),
    "a state": lambda here: here.records.save(stored(PNG)),
    "a repetition": lambda here: here.records.record_deliveries({"job_1": BEGUN}),
    "a dismissal": lambda here: here.records.dismiss(["job_1"], owner="local"),
    "abandoned jobs": _abandoned,
    "conversations": _conversations,
    "a deletion and a restoration": _references,
}


async def plan_of(here: DataFolder, work: Work) -> list[str]:
    """The steps of all queries that this work sends."""
    await reserve(here.records, job_for(key=KEY))
    await here.records.save(stored(PNG))
    sent: list[tuple[str, Any]] = []

    @event.listens_for(here.database.records().engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:  # noqa: ANN401 - as SQLAlchemy has it
        sent.append((sql, values))

    await work(here)
    queries = [each for each in sent if each[0].split()[0] in _QUERIES]
    assert queries, sent
    return [row[3] for sql, values in queries for row in _explain(here, sql, values)]


_QUERIES: Collection[str] = ("SELECT", "INSERT", "UPDATE", "DELETE")


def _explain(here: DataFolder, sql: str, values: Any) -> list[Any]:  # noqa: ANN401 - one row's values, or a list of rows
    first = tuple(values[0] if isinstance(values, list) else values)
    with here.database.records().engine.connect() as connection:  # it has our functions
        return [*connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", first)]


@pytest.mark.parametrize("name", [*LISTS, *OTHERS])
async def test_no_query_that_a_caller_waits_for_reads_a_whole_table(
    here: DataFolder, name: str
) -> None:
    plan = await plan_of(here, {**LISTS, **OTHERS}[name])
    assert [step for step in plan if READS_A_TABLE.match(step)] == []


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_jobs_is_read_in_the_order_of_an_index(here: DataFolder, name: str) -> None:
    plan = await plan_of(here, LISTS[name])
    assert plan[0].startswith("SEARCH jobs USING INDEX ix_jobs_owner_")
    of_images = next(at for at, step in enumerate(plan) if IMAGES_OF_A_JOB in step)
    assert SORTS not in plan[: of_images + 1]


async def test_what_reads_a_whole_table_is_noticed(here: DataFolder) -> None:
    plan = await plan_of(here, lambda folder: folder.records.images_by_age())
    assert [step for step in plan if READS_A_TABLE.match(step)]
