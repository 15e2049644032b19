"""The turns of conversations, in the database of the jobs."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, select

from adapters.records.cleared_conversations import clear_conversation
from adapters.records.engine import Database
from adapters.records.job_table import JobTable
from adapters.records.schema import turns
from adapters.records.turns import (
    begin_turn,
    bind_turn,
    end_bound_turns,
    end_turn,
    find_summaries,
    find_turns,
    remove_last_turn,
)
from application.ports.conversation_repository import NewTurn, TurnEnd
from domain.conversations import (
    ClearedConversation,
    Conversation,
    ConversationId,
    ConversationSummary,
    Turn,
)
from domain.results import ServedFrom

T = TypeVar("T")

READ_FAILED = "The conversations could not be read"
WRITE_FAILED = "The conversation could not be recorded"


class SqlConversationRepository:
    """A ConversationRepository over `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, turn: NewTurn, /) -> Sequence[Turn]:
        def begin(connection: Connection) -> Sequence[Turn]:
            begin_turn(connection, turn)
            return find_turns(connection, turn.owner, turn.conversation)

        return await self._write(begin)

    async def bind(self, turn_id: str, job_id: str, /, *, context: Collection[int] = ()) -> None:
        def bind(connection: Connection) -> None:
            served_from = ServedFrom.JOINED
            bind_turn(connection, turn_id, job_id, context=context, served_from=served_from)
            end_bound_turns(connection, job_id)

        await self._write(bind)

    async def end(self, turn_id: str, end: TurnEnd, /, *, repeated: bool = False) -> int | None:
        return await self._write(
            lambda connection: end_turn(connection, turn_id, end, repeated=repeated)
        )

    async def get(self, id_: ConversationId, /, *, owner: str) -> Conversation | None:
        found = await self._read(lambda connection: find_turns(connection, owner, id_))
        return Conversation(id=id_, turns=tuple(found)) if found else None

    async def summaries(self, *, owner: str, limit: int) -> Sequence[ConversationSummary]:
        return await self._read(lambda connection: find_summaries(connection, owner, limit))

    async def is_recorded(self, turn_id: str, /) -> bool:
        query = select(turns.c.id).where(turns.c.id == turn_id)
        return await self._read(lambda connection: connection.execute(query).scalar() is not None)

    async def remove_last(self, id_: ConversationId, /, *, owner: str) -> Turn | None:
        return await self._write(lambda connection: remove_last_turn(connection, owner, id_))

    async def clear(self, id_: ConversationId, /, *, owner: str) -> ClearedConversation | None:
        def clear(records: JobTable) -> ClearedConversation | None:
            with records.writing.begin() as connection:
                cleared = clear_conversation(connection, owner, id_)
            if cleared is None:
                return None
            return replace(cleared, is_overwritten=records.overwrite_deleted())

        database = self._database
        return await database.run_in_thread(
            lambda: clear(database.records()), "The conversation could not be cleared"
        )

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._database.records().engine.connect() as connection:
                return work(connection)

        return await self._database.run_in_thread(read, READ_FAILED)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def write() -> T:
            with self._database.records().writing.begin() as connection:
                return work(connection)

        return await self._database.run_in_thread(write, WRITE_FAILED)
