"""Conversations that are forgotten when the process ends."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from application.ports.conversation_repository import NewTurn, TurnEnd
from domain.conversations import (
    ClearedConversation,
    Conversation,
    ConversationId,
    ConversationSummary,
    Turn,
)
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import JobState
from domain.results import ServedFrom

from .job_repository import MemoryJobRepository
from .turn_tables import Place, TurnRow, without_texts


class MemoryConversationRepository:
    """A ConversationRepository beside the records of jobs in memory."""

    def __init__(self, records: MemoryJobRepository) -> None:
        self._tables = records.tables
        self._turns = records.tables.turns

    async def begin(self, turn: NewTurn, /) -> Sequence[Turn]:
        place = (turn.owner, turn.conversation.value)
        async with self._tables.writing:
            for row in self._turns.of(place):
                is_old = row.turn.begun_at < turn.begun_at - timedelta(days=1)
                if is_old and row.number is None and not row.end.job_id:
                    del self._turns.rows[row.turn.id]
            self._turns.rows[turn.id] = TurnRow(turn)
        return self._read(place)

    async def bind(self, turn_id: str, job_id: str, /, *, context: Collection[int] = ()) -> None:
        async with self._tables.writing:
            self._turns.bind(turn_id, job_id, (*context,), ServedFrom.JOINED)
            job = self._job(job_id)
            if job is not None and job.state is JobState.STORED:
                self._turns.end_bound(job_id, tuple(image.id for image in job.images))

    async def end(self, turn_id: str, end: TurnEnd, /, *, repeated: bool = False) -> int | None:
        async with self._tables.writing:
            row = self._turns.rows.get(turn_id)
            if row is None or row.number is not None:
                return None if row is None else row.number
            place = (row.turn.owner, row.turn.conversation.value)
            same = [each for each in self._turns.ended(place) if each.end.job_id == end.job_id]
            if repeated and same:
                del self._turns.rows[turn_id]
                return same[0].number
            row.end = end
            return self._turns.number(row)

    async def get(self, id_: ConversationId, /, *, owner: str) -> Conversation | None:
        turns = self._read((owner, id_.value))
        return Conversation(id=id_, turns=tuple(turns)) if turns else None

    async def summaries(self, *, owner: str, limit: int) -> Sequence[ConversationSummary]:
        rows = self._turns.rows.values()
        ids = dict.fromkeys(row.turn.conversation for row in rows if row.turn.owner == owner)
        ended = ((id_, self._turns.ended((owner, id_.value))) for id_ in ids)
        found = [
            ConversationSummary(
                id=id_,
                turns=len(turns),
                begun_at=min(row.turn.begun_at for row in turns),
                changed_at=turns[-1].at,
                prompt=turns[-1].turn.prompt,
            )
            for id_, turns in ended
            if turns and turns[-1].at
        ]
        return sorted(found, key=lambda each: each.changed_at, reverse=True)[:limit]

    async def is_recorded(self, turn_id: str, /) -> bool:
        return turn_id in self._turns.rows

    async def remove_last(self, id_: ConversationId, /, *, owner: str) -> Turn | None:
        async with self._tables.writing:
            place = (owner, id_.value)
            turns = self._read(place)
            if turns:
                del self._turns.rows[self._turns.ended(place)[-1].turn.id]
        return turns[-1] if turns else None

    async def clear(self, id_: ConversationId, /, *, owner: str) -> ClearedConversation | None:
        place = (owner, id_.value)
        async with self._tables.writing:
            begun, ended = self._turns.of(place), self._turns.ended(place)
            started = [
                row
                for row in self._tables.rows.values()
                if (row.record.owner, row.record.conversation) == place
            ]
            if not begun and not started:
                return None
            for turn in begun:
                del self._turns.rows[turn.turn.id]
            for job in started:
                job.record = self._cleared(job.record)
        fingerprints = frozenset(job.record.fingerprint for job in started)
        return ClearedConversation(turns=len(ended), fingerprints=fingerprints)

    def _cleared(self, record: JobRecord) -> JobRecord:
        rows = self._turns.rows.values()
        for other in rows:
            if other.end.job_id == record.id:
                return replace(record, conversation=other.turn.conversation.value)
        return without_texts(record)

    def _read(self, place: Place) -> list[Turn]:
        rows = self._tables.rows.values()
        kept = {
            OwnedImage(image.id, row.record.owner) for row in rows for image in row.record.images
        }
        ended = self._turns.ended(place)
        return [self._turns.read(row, self._job(row.end.job_id), kept) for row in ended]

    def _job(self, job_id: str) -> JobRecord | None:
        row = self._tables.rows.get(job_id)
        return None if row is None else row.record
