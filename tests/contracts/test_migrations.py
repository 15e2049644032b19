"""A database of every earlier version is migrated when it is opened, and nothing in it is lost."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from adapters.records import migrations
from adapters.records.dialect import for_writing, open_engine, schema_version
from adapters.records.engine import Database
from adapters.records.job_repository import SqlJobRepository
from adapters.records.migrations import STEPS, Statement, migrate
from adapters.records.schema import tables
from adapters.records.usage_ledger import SqlUsageLedger
from domain.errors import ArchiveUnavailable
from domain.jobs import IdempotencyKey, JobState

pytestmark = pytest.mark.anyio
ALPHAS = sorted((Path(__file__).parent / "alphas").glob("*.sql"))
"""A database of each schema that an alpha had, as SQL text: the same three jobs in all of them."""
EVER = datetime(2020, 1, 1, tzinfo=UTC)
IMAGE = "img_" + "1" * 32


class Records:
    """The records in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "records.sqlite3"
        self.database = Database(folder)
        self.jobs = SqlJobRepository(self.database, pictures_folder=folder / "images")
        self.ledger = SqlUsageLedger(self.database)

    def sql(self, statement: str) -> list[Any]:
        """Run it outside of the adapter."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
async def records(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Records]:
    records = Records(tmp_path)
    yield records
    await records.database.close()


@pytest.fixture(params=ALPHAS, ids=lambda file: file.stem)
def alpha(request: pytest.FixtureRequest, records: Records) -> str:
    """The name of the schema that the database has."""
    with closing(sqlite3.connect(records.file)) as connection:
        connection.executescript(request.param.read_text("utf-8"))
    return str(request.param.stem)


async def test_every_alphas_jobs_and_images_are_read(records: Records, alpha: str) -> None:
    stored = await records.jobs.find("job_stored", owner="local")
    assert (stored.state, stored.cost, stored.requested_model) == (
        JobState.STORED,
        Decimal("0.25"),
        "gpt-image-1",
    )
    assert stored.usage is not None
    assert (stored.usage.text_tokens_in, stored.usage.tokens_out) == (1, 3)
    assert [image.id for image in stored.images] == [IMAGE]
    assert await records.jobs.find_by_image(IMAGE, owner="local") == stored
    assert records.sql("PRAGMA user_version") == [(len(STEPS),)]
    if alpha[0] > "2":
        assert (stored.revised_prompt, stored.notes) == ("a bridge, red", ("one",))
        assert (str(stored.images[0].dimensions), stored.images[0].size) == ("8x6", 70)


async def test_every_alphas_open_jobs_are_closed(records: Records, alpha: str) -> None:
    assert await records.jobs.close_abandoned() == 1
    assert (await records.jobs.find("job_sent", owner="local")).state is JobState.UNKNOWN


async def test_every_alphas_spending_counts(records: Records, alpha: str) -> None:
    (account,) = await records.ledger.accounts(EVER)
    assert (account.calls, account.cost, account.unknown) == (2, Decimal("0.25"), 1)
    assert account.images == {"1": 1, "2": 1, "8": 1}.get(alpha[0], 2)
    assert account.saved.answers == (2 if alpha[0] >= "6" else 0)


async def test_keys_are_read_where_the_alpha_recorded_what_was_requested(
    records: Records, alpha: str
) -> None:
    if alpha[0] >= "7":
        bound = await records.jobs.find_by_key(IdempotencyKey("k-1", "a digest"), owner="local")
        assert bound is not None
        assert bound.id == "job_stored"
    await records.jobs.bind_key(IdempotencyKey("k-2", "other"), "job_sent", owner="local")
    assert await records.jobs.find_by_key(IdempotencyKey("k-2", "other"), owner="local")


def columns(connection: Connection, table: str) -> dict[str, tuple[str, bool, bool]]:
    """Type, whether NULL is allowed, and whether it is in the primary key, by name."""
    found = inspect(connection)
    keys = found.get_pk_constraint(table)["constrained_columns"]
    return {
        column["name"]: (str(column["type"]), column["nullable"], column["name"] in keys)
        for column in found.get_columns(table)
    }


def test_the_steps_make_the_tables_that_queries_use(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "records.sqlite3")
    with for_writing(engine).begin() as connection:
        migrate(connection)
        found = inspect(connection)
        assert {*found.get_table_names()} == {*tables.tables}
        for table in tables.sorted_tables:
            wanted = {
                column.name: (str(column.type), bool(column.nullable), column.primary_key)
                for column in table.columns
            }
            assert columns(connection, table.name) == wanted
            indexed = {tuple(index["column_names"]) for index in found.get_indexes(table.name)}
            assert indexed == {
                tuple(column.name for column in index.columns) for index in table.indexes
            }
    engine.dispose()


async def test_a_migration_that_fails_changes_nothing(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(records.file)) as connection:
        connection.executescript(ALPHAS[1].read_text("utf-8"))
    before = records.sql("SELECT sql FROM sqlite_master")
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, (Statement("DROP TABLE missing"),)))
    with pytest.raises(ArchiveUnavailable):
        await records.jobs.find("job_stored", owner="local")
    assert records.sql("SELECT sql FROM sqlite_master") == before
    assert records.sql("PRAGMA user_version") == [(0,)]


async def test_a_step_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = Statement("CREATE TABLE extra (id VARCHAR)")  # fails where it was run before
    for steps in (STEPS, (*STEPS, (extra,)), (*STEPS, (extra,))):
        monkeypatch.setattr(migrations, "STEPS", steps)
        records = Records(tmp_path)
        await records.jobs.recent(owner="local", limit=1)
        assert records.sql("PRAGMA user_version") == [(len(steps),)]
        await records.database.close()


async def test_a_database_of_a_later_version_is_used_as_it_is(
    records: Records, tmp_path: Path
) -> None:
    await records.jobs.recent(owner="local", limit=1)
    later = len(STEPS) + 9
    records.sql(f"PRAGMA user_version = {later}")
    other = Records(tmp_path)
    assert await other.jobs.recent(owner="local", limit=1) == []
    await other.database.close()
    with closing(sqlite3.connect(records.file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (later,)


def test_the_version_is_part_of_the_transaction(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "records.sqlite3")
    with for_writing(engine).connect() as connection:
        migrate(connection)
        assert schema_version(connection) == len(STEPS)
        connection.rollback()
        assert schema_version(connection) == 0
    engine.dispose()
