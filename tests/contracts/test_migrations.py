"""A database of every earlier version is migrated when it is opened, without loss."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from adapters.records import migrations
from adapters.records.dialect import for_writing, open_engine, schema_version
from adapters.records.migrations import STEPS, Statement, migrate
from adapters.records.schema import tables
from domain.errors import ArchiveUnavailable
from domain.job_records import OwnedImage, may_retry
from domain.jobs import IdempotencyKey, JobState
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import job_for

pytestmark = pytest.mark.anyio
ALPHAS = sorted((Path(__file__).parent / "alphas").glob("*.sql"))
"""A database of each schema of an alpha version, as SQL text; all have the same three jobs."""
EVER = datetime(2020, 1, 1, tzinfo=UTC)
IMAGE = "img_" + "1" * 32


@pytest.fixture(params=ALPHAS, ids=lambda file: file.stem)
def alpha(request: pytest.FixtureRequest, here: DataFolder) -> str:
    """The name of the database's schema."""
    here.data.mkdir()
    with closing(sqlite3.connect(here.file)) as connection:
        connection.executescript(request.param.read_text("utf-8"))
    return str(request.param.stem)


async def test_every_alphas_jobs_and_images_are_read(here: DataFolder, alpha: str) -> None:
    stored = await here.record("job_stored")
    assert (stored.state, stored.cost, stored.requested_model) == (
        JobState.STORED,
        Decimal("0.25"),
        "gpt-image-1",
    )
    assert stored.usage is not None
    assert (stored.usage.text_tokens_in, stored.usage.tokens_out) == (1, 3)
    assert [image.id for image in stored.images] == [IMAGE]
    assert await here.records.by_image(IMAGE, owner="local") == stored
    assert here.sql("PRAGMA user_version") == [(len(STEPS),)]
    if alpha[0] > "2":
        assert (stored.revised_prompt, stored.notes) == ("a bridge, red", ("one",))
        assert (str(stored.images[0].dimensions), stored.images[0].size) == ("8x6", 70)


async def test_every_alphas_open_jobs_are_closed(here: DataFolder, alpha: str) -> None:
    assert await here.recover() == 1
    assert (await here.record("job_sent")).state is JobState.UNKNOWN


async def test_every_alphas_spending_counts(here: DataFolder, alpha: str) -> None:
    (account,) = await here.ledger.accounts(EVER)
    assert (account.calls, account.cost, account.unknown) == (2, Decimal("0.25"), 1)
    assert account.images == {"1": 1, "2": 1, "8": 1}.get(alpha[0], 2)
    assert account.saved.results == (2 if alpha[0] >= "6" else 0)


async def test_keys_are_read_if_the_alpha_recorded_the_request(
    here: DataFolder, alpha: str
) -> None:
    if alpha[0] >= "7":
        bound = await here.records.by_key("k-1", owner="local")
        assert bound is not None
        assert (bound.key.request_digest, bound.record.id) == ("a digest", "job_stored")
    key = IdempotencyKey("k-2", "other")
    await here.records.bind_key(key, "job_sent", owner="local", may_replace=may_retry)
    assert await here.records.by_key("k-2", owner="local")


async def test_every_alphas_image_goes_to_the_trash_and_back(here: DataFolder, alpha: str) -> None:
    before = await here.record("job_stored")
    image = OwnedImage(IMAGE, "local")
    async with here.records.image_references([image]) as found:
        found[0].trash(at=EVER)
    assert here.sql("SELECT job_id FROM pictures WHERE job_id = 'job_stored'") == []
    assert [each.image for each in await here.records.trash()] == [image]
    async with here.records.trashed_references([image]) as trashed:
        trashed[0].restore({})
    assert await here.record("job_stored") == before


def columns(connection: Connection, table: str) -> dict[str, tuple[str, bool, bool]]:
    """Type, whether NULL is allowed, and whether it is in the primary key, by name."""
    found = inspect(connection)
    keys = found.get_pk_constraint(table)["constrained_columns"]
    return {
        column["name"]: (str(column["type"]), column["nullable"], column["name"] in keys)
        for column in found.get_columns(table)
    }


def test_the_steps_create_the_tables_of_the_queries(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "here.sqlite3")
    with for_writing(engine).begin() as connection:
        migrate(connection)
        found = inspect(connection)
        assert {*found.get_table_names()} == {*tables.tables}
        for table in tables.sorted_tables:
            expected = {
                column.name: (str(column.type), bool(column.nullable), column.primary_key)
                for column in table.columns
            }
            assert columns(connection, table.name) == expected
            indexed = {tuple(index["column_names"]) for index in found.get_indexes(table.name)}
            assert indexed == {
                tuple(column.name for column in index.columns) for index in table.indexes
            }
    engine.dispose()


async def test_a_migration_that_fails_changes_nothing(
    here: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.data.mkdir()
    with closing(sqlite3.connect(here.file)) as connection:
        connection.executescript(ALPHAS[1].read_text("utf-8"))
    before = here.sql("SELECT sql FROM sqlite_master")
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, (Statement("DROP TABLE missing"),)))
    with pytest.raises(ArchiveUnavailable):
        await here.record("job_stored")
    assert here.sql("SELECT sql FROM sqlite_master") == before
    assert here.sql("PRAGMA user_version") == [(0,)]


async def test_a_step_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = Statement("CREATE TABLE extra (id VARCHAR)")  # fails if it runs twice
    for steps in (STEPS, (*STEPS, (extra,)), (*STEPS, (extra,))):
        monkeypatch.setattr(migrations, "STEPS", steps)
        folder = DataFolder(tmp_path)
        await folder.records.recent(owner="local", limit=1)
        assert folder.sql("PRAGMA user_version") == [(len(steps),)]
        await folder.close()


async def test_a_database_of_a_later_version_is_used_as_it_is(
    here: DataFolder, there: DataFolder
) -> None:
    await here.records.recent(owner="local", limit=1)
    later = len(STEPS) + 9
    here.sql(f"PRAGMA user_version = {later}")
    assert await there.records.recent(owner="local", limit=1) == []
    assert there.sql("PRAGMA user_version") == [(later,)]


async def test_a_current_database_is_opened_while_another_process_writes(
    here: DataFolder, there: DataFolder
) -> None:
    await here.records.save(job_for())
    async with here.records.image_references([]):
        assert await there.records.get("job_1", owner="local") is not None


def test_the_version_is_part_of_the_transaction(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "here.sqlite3")
    with for_writing(engine).connect() as connection:
        migrate(connection)
        assert schema_version(connection) == len(STEPS)
        connection.rollback()
        assert schema_version(connection) == 0
    engine.dispose()
