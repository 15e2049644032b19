"""Both repositories of conversations keep the contract; the files of the database keep no text."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from adapters.records.conversation_repository import SqlConversationRepository
from adapters.records.dialect import OVERWRITING_DUE
from application.ports.conversation_repository import ConversationRepository
from application.ports.job_repository import JobRepository
from domain.image_filters import ImageFilter
from domain.jobs import IdempotencyKey
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.cleared_conversations import ClearedConversationsContract
from tests.testkit.contracts.conversation_repository import (
    LOGO,
    OTHER,
    ConversationRepositoryContract,
    end,
    job_of,
    new_turn,
    read,
    stored,
)
from tests.testkit.contracts.job_repository import known, reserve
from tests.testkit.fakes import MemoryConversationRepository, MemoryJobRepository, job_for

pytestmark = pytest.mark.anyio
CANARY = "zebra-canary-7319"


class TestMemory(ConversationRepositoryContract, ClearedConversationsContract):
    @pytest.fixture
    def records(self) -> JobRepository:
        return MemoryJobRepository()

    @pytest.fixture
    def conversations(self, records: JobRepository) -> ConversationRepository:
        assert isinstance(records, MemoryJobRepository)
        return MemoryConversationRepository(records)

    @pytest.fixture
    def others(self, records: JobRepository) -> ConversationRepository:
        assert isinstance(records, MemoryJobRepository)
        return MemoryConversationRepository(records)


class TestSql(ConversationRepositoryContract, ClearedConversationsContract):
    @pytest.fixture
    def records(self, here: DataFolder) -> JobRepository:
        return here.records

    @pytest.fixture
    def conversations(self, here: DataFolder) -> ConversationRepository:
        return SqlConversationRepository(here.database)

    @pytest.fixture
    def others(self, there: DataFolder) -> ConversationRepository:
        return SqlConversationRepository(there.database)


@pytest.fixture
def conversations(here: DataFolder) -> SqlConversationRepository:
    """Conversations in the database of `here`."""
    return SqlConversationRepository(here.database)


def files_with(folder: Path, text: str) -> list[str]:
    """The names of the database's files that have the text in their bytes."""
    needles = (text.encode(), text.encode("utf-16-le"))
    return sorted(
        file.name
        for file in folder.glob("records.sqlite3*")
        if any(needle in file.read_bytes() for needle in needles)
    )


async def _converse(here: DataFolder, conversations: SqlConversationRepository) -> None:
    """Many turns whose rows grow and move, so that old copies of them are left in free space.

    Some builds of SQLite zero free space by default, so that is turned off.
    """
    engine = here.database.records().engine
    engine.dispose()
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA secure_delete = OFF"))
    for at in range(40):
        text = f"{CANARY} {at} " * (at * 7 % 90 + 1)
        turn_id, job_id = f"turn_{at}", f"job_{at}"
        await conversations.begin(new_turn(turn_id, LOGO, prompt=text))
        job = job_of(turn_id, job_id=job_id)
        await reserve(here.records, job)
        await here.records.save(job.dispatched())
        here.sql("UPDATE jobs SET prompt = ? WHERE id = ?", text, job_id)
        await here.records.save(stored(job))
        here.sql("UPDATE jobs SET prompt = ?, notes = '[]' WHERE id = ?", text, job_id)


async def test_no_file_of_the_database_has_a_text_that_was_cleared(
    here: DataFolder, there: DataFolder, conversations: SqlConversationRepository
) -> None:
    await there.records.get("job_1", owner="local")  # another process has it open
    await _converse(here, conversations)
    assert files_with(here.data, CANARY)
    cleared = await conversations.clear(LOGO, owner="local")
    assert cleared is not None
    assert cleared.is_overwritten
    assert files_with(here.data, CANARY) == []
    assert here.sql("PRAGMA application_id") == [(0,)]
    assert len(await there.records.latest(owner="local", limit=99)) == 40
    await here.records.save(job_for(id="job_last"))
    assert files_with(here.data, CANARY) == []


async def test_what_a_reader_holds_is_overwritten_when_the_records_are_opened(
    here: DataFolder, conversations: SqlConversationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.records.dialect.READERS_SECONDS", 0.05)
    await _converse(here, conversations)
    with closing(sqlite3.connect(here.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM jobs").fetchone()
        cleared = await conversations.clear(LOGO, owner="local")
        assert cleared is not None
        assert not cleared.is_overwritten
        assert here.sql("PRAGMA application_id") == [(OVERWRITING_DUE,)]
    later = DataFolder(here.home)
    assert await later.records.get("job_1", owner="local")
    assert files_with(here.data, CANARY) == []
    assert here.sql("PRAGMA application_id") == [(0,)]
    await later.close()


async def test_a_key_still_leads_to_its_job_after_its_conversation_was_cleared(
    here: DataFolder, conversations: SqlConversationRepository
) -> None:
    await conversations.begin(new_turn())
    job = job_of("turn_1")
    await reserve(here.records, job)
    key = IdempotencyKey("k-1", "a digest")
    await here.records.bind_key(key, job.id, owner="local", may_replace=lambda _: False)
    await here.records.save(stored(job))
    await conversations.clear(LOGO, owner="local")
    bound = await here.records.by_key("k-1", owner="local")
    assert bound is not None
    assert bound.record == await known(here.records)


async def test_a_damaged_turn_is_passed_over(
    here: DataFolder, conversations: SqlConversationRepository
) -> None:
    for at in (1, 2, 3):
        await conversations.begin(new_turn(f"turn_{at}", OTHER))
        await conversations.end(f"turn_{at}", end())
    here.sql("UPDATE turns SET images = 'no list' WHERE id = 'turn_1'")
    here.sql("UPDATE turns SET stored_at = 'never' WHERE id = 'turn_2'")
    assert [turn.number for turn in await read(conversations, OTHER)] == [3]
    here.sql("UPDATE turns SET stored_at = 'never'")
    assert await conversations.summaries(owner="local", limit=9) == []


async def test_a_search_finds_a_turn_and_its_index_has_nothing_to_forget(
    here: DataFolder, conversations: SqlConversationRepository
) -> None:
    await conversations.begin(new_turn())
    await reserve(here.records, job_of("turn_1"))
    await here.records.save(stored(job_of("turn_1")))
    await here.records.save(stored(job_for(id="job_2")))
    fox, bridge = ImageFilter(words=("fox",)), ImageFilter(words=("bridge",))
    for matching, job_id in ((fox, "job_1"), (bridge, "job_2"), (fox, "job_1")):
        found = await here.records.recent(owner="local", limit=9, matching=matching)
        assert [record.id for record in found] == [job_id]
    indexed = "SELECT count(*) FROM prompt_index WHERE prompt_index MATCH ?"
    assert here.sql(indexed, '"bri"') == [(1,)]
    assert here.sql(indexed, '"fox"') == [(0,)]
    await conversations.clear(LOGO, owner="local")
    assert await here.records.recent(owner="local", limit=9, matching=fox) == []
