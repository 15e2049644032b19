"""The turns behind MemoryConversationRepository, which the records of jobs end and clear."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from application.jobs.running_job import AnyJob
from application.ports.conversation_repository import NewTurn, TurnEnd
from domain.conversations import MAX_TURNS, Turn, TurnImage
from domain.errors import Canceled, RecordedFailure
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import JobState
from domain.results import ServedFrom

CLEARED = "The conversation was cleared while this request was waiting."


@dataclass
class TurnRow:
    """A turn, its number once it has ended, and the job that it is bound to."""

    turn: NewTurn
    end: TurnEnd = field(default_factory=lambda: TurnEnd(job_id="", images=(), served_from=""))
    number: int | None = None
    at: datetime | None = None


Place = tuple[str, str]
"""An owner, and the name of a conversation."""


class TurnTable:
    """The rows of all turns by their IDs, in the order in which they began."""

    def __init__(self) -> None:
        self.rows: dict[str, TurnRow] = {}

    def of(self, place: Place) -> list[TurnRow]:
        """The turns of a conversation, ended or not."""
        return [
            row
            for row in self.rows.values()
            if (row.turn.owner, row.turn.conversation.value) == place
        ]

    def ended(self, place: Place) -> list[TurnRow]:
        """Those that have a number, in the order of the numbers."""
        rows = [row for row in self.of(place) if row.number is not None]
        return sorted(rows, key=lambda row: row.number or 0)

    def bind(self, turn_id: str, job_id: str, context: tuple[int, ...], served_from: str) -> None:
        """Bind the turn to a job; raise Canceled if it was cleared."""
        row = self.rows.get(turn_id)
        if row is None:
            raise Canceled(CLEARED)
        row.end = TurnEnd(job_id=job_id, images=(), served_from=served_from, context=context)

    def bind_job(self, job: AnyJob) -> None:
        """Bind the turn that started the job, if there is one."""
        if job.turn is not None:
            context = job.request.context
            numbers = context.numbers if context else ()
            self.bind(job.turn, job.id, numbers, ServedFrom.PROVIDER)

    def end_bound(self, job_id: str, images: tuple[str, ...]) -> None:
        """End the turns that are bound to this job."""
        for row in self.rows.values():
            if row.end.job_id == job_id and row.number is None and images:
                row.end = replace(row.end, images=images)
                self.number(row)

    def number(self, row: TurnRow) -> int:
        """Give the turn the next number, and delete the oldest beyond MAX_TURNS."""
        place = (row.turn.owner, row.turn.conversation.value)
        ended = self.ended(place)
        row.number = (ended[-1].number or 0) + 1 if ended else 1
        row.at = datetime.now(UTC)
        for old in ended:
            if (old.number or 0) <= row.number - MAX_TURNS:
                del self.rows[old.turn.id]
        return row.number

    def read(self, row: TurnRow, job: JobRecord | None, kept: set[OwnedImage]) -> Turn:
        """The turn as the repository returns it."""
        assert row.number is not None
        assert row.at is not None
        return Turn(
            number=row.number,
            job_id=row.end.job_id,
            action=row.turn.action,
            prompt=row.turn.prompt,
            at=row.at,
            served_from=row.end.served_from,
            provider=job.provider if job else "",
            images=tuple(
                TurnImage(each, deleted=OwnedImage(each, row.turn.owner) not in kept)
                for each in row.end.images
            ),
            revised_prompt=job.revised_prompt if job else None,
            context=row.end.context,
            continuation=job.continuation if job else None,
        )


def replacement(record: JobRecord, present: JobRecord | None) -> JobRecord:
    """What replaces the job's present record: this one, without texts that were cleared.

    Raises Canceled for a job that is about to be sent.
    """
    if present is None or not present.is_cleared:
        return record
    if record.state is JobState.DISPATCHED and record.handle is None:
        raise Canceled(CLEARED)
    return without_texts(record)


def without_texts(record: JobRecord) -> JobRecord:
    """The record without what its conversation has said."""
    failure = record.failure and RecordedFailure(
        "The job failed.",
        code=record.failure.code,
        hint="",
        retryable=record.failure.retryable,
        charged=record.failure.charged,
    )
    return replace(
        record,
        conversation="",
        prompt="",
        recipe=None,
        revised_prompt=None,
        continuation=None,
        notes=(),
        failure=failure,
        images=tuple(replace(image, notes=()) for image in record.images),
    )
