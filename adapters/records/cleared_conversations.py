"""Clearing a conversation: its turns, and the texts in the rows of the jobs that they started."""

import json

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update

from adapters.records.dialect import require_overwriting
from adapters.records.row_mapping import Values
from adapters.records.schema import images, jobs, trashed_images, turns
from adapters.records.turns import is_in
from domain.conversations import ClearedConversation, ConversationId

NO_NOTES = json.dumps([])
NO_TEXTS: Values = {
    "conversation": "",
    "prompt": "",
    "recipe": None,
    "revised_prompt": None,
    "continuation": None,
    "notes": NO_NOTES,
    "message": None,
    "hint": None,
}
"""The columns of a job that say what its conversation was about, or may quote it."""

CONVERSATION_OF_JOB = select(jobs.c.conversation).where(jobs.c.id == bindparam("job"))


def is_cleared(connection: Connection, job_id: str) -> bool:
    """Whether the job was recorded, and its conversation cleared since."""
    return connection.execute(CONVERSATION_OF_JOB, {"job": job_id}).scalar() == ""


def clear_conversation(
    connection: Connection, owner: str, id_: ConversationId
) -> ClearedConversation | None:
    """Delete the turns and the texts, as `ConversationRepository.clear` promises."""
    of_turns, of_jobs = is_in(owner, id_.value), _started_in(owner, id_)
    ended = func.count().filter(turns.c.number.is_not(None))
    begun, count = connection.execute(select(func.count(), ended).where(of_turns)).one()
    started = connection.execute(select(jobs.c.id, jobs.c.fingerprint).where(of_jobs)).all()
    if not begun and not started:
        return None
    require_overwriting(connection)
    connection.execute(delete(turns).where(of_turns))
    for job in started:
        _clear_job(connection, job.id)
    fingerprints = frozenset(job.fingerprint for job in started)
    return ClearedConversation(turns=count, fingerprints=fingerprints)


def _clear_job(connection: Connection, job_id: str) -> None:
    """Delete the texts of the job, or leave them to another conversation that has a turn of it."""
    others = select(turns.c.conversation).where(turns.c.job_id == job_id).limit(1)
    other = connection.execute(others).scalar()
    values = NO_TEXTS if other is None else {"conversation": other}
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))
    for table in (images, trashed_images) if other is None else ():
        of_job = table.c.job_id == job_id
        connection.execute(update(table).where(of_job).values(notes=NO_NOTES))


def _started_in(owner: str, id_: ConversationId) -> ColumnElement[bool]:
    return and_(jobs.c.owner == owner, jobs.c.conversation == id_.value)
