"""The turns of conversations, in SQL."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from adapters.records.readable_rows import readable
from adapters.records.row_mapping import Values, to_utc_naive, utc_now
from adapters.records.schema import images, jobs, turns
from application.ports.conversation_repository import NewTurn, TurnEnd
from domain.conversations import (
    MAX_TURNS,
    ConversationId,
    ConversationSummary,
    Turn,
    TurnImage,
)
from domain.errors import Canceled
from domain.jobs import JobState
from domain.results import ServedFrom

CLEARED = "The conversation was cleared while this request was waiting."
LEFT_OVER = timedelta(days=1)
"""A turn that is this old and bound to no job was never sent."""

BOUND = (
    select(turns.c.id, turns.c.owner, turns.c.conversation)
    .where(turns.c.job_id == bindparam("job"), turns.c.number.is_(None))
    .order_by(turns.c.begun_at, turns.c.id)
)
STORED_IMAGES = (
    select(images.c.image_id)
    .join(jobs, jobs.c.id == images.c.job_id)
    .where(images.c.job_id == bindparam("job"), jobs.c.state == JobState.STORED)
    .order_by(images.c.position)
)
"""The images of a job, if they are stored."""


def begin_turn(connection: Connection, turn: NewTurn) -> None:
    """Insert a turn without a number, and delete those of its conversation that were never sent."""
    of_conversation = is_in(turn.owner, turn.conversation.value)
    unsent = and_(of_conversation, turns.c.number.is_(None), turns.c.job_id.is_(None))
    oldest = to_utc_naive(turn.begun_at - LEFT_OVER)
    connection.execute(delete(turns).where(unsent, turns.c.begun_at < oldest))
    row = {
        "id": turn.id,
        "owner": turn.owner,
        "conversation": turn.conversation.value,
        "action": turn.action,
        "prompt": turn.prompt,
        "begun_at": to_utc_naive(turn.begun_at),
    }
    connection.execute(insert(turns).values(row))


def bind_turn(
    connection: Connection,
    turn_id: str,
    job_id: str,
    *,
    context: Collection[int] = (),
    served_from: str = ServedFrom.PROVIDER,
) -> None:
    """Bind the turn to this job; raise Canceled if it was cleared."""
    values = {"job_id": job_id, "context": json.dumps([*context]), "served_from": served_from}
    bound = connection.execute(update(turns).where(turns.c.id == turn_id).values(values))
    if not bound.rowcount:
        raise Canceled(CLEARED)


def end_bound_turns(
    connection: Connection, job_id: str, image_ids: Sequence[str] | None = None
) -> None:
    """Number the turns that are bound to a job whose images are stored.

    Without `image_ids`, they are those in the records, if the job is stored.
    """
    rows = connection.execute(BOUND, {"job": job_id}).all()
    if not rows:
        return
    if image_ids is None:
        image_ids = connection.execute(STORED_IMAGES, {"job": job_id}).scalars().all()
    for row in rows if image_ids else ():
        _number(connection, row, {"images": json.dumps([*image_ids])})


def end_turn(connection: Connection, turn_id: str, end: TurnEnd, *, repeated: bool) -> int | None:
    """Number the turn unless it has a number, as `ConversationRepository.end` promises."""
    row = connection.execute(select(turns).where(turns.c.id == turn_id)).one_or_none()
    if row is None or row.number is not None:
        return None if row is None else row.number
    if repeated:
        same = and_(is_in(row.owner, row.conversation), turns.c.job_id == end.job_id)
        earlier = select(turns.c.number).where(same, turns.c.number.is_not(None)).limit(1)
        if (number := connection.execute(earlier).scalar()) is not None:
            connection.execute(delete(turns).where(turns.c.id == turn_id))
            return int(number)
    values = {
        "job_id": end.job_id,
        "images": json.dumps(end.images),
        "context": json.dumps(end.context),
        "served_from": end.served_from,
    }
    return _number(connection, row, values)


def find_turns(
    connection: Connection, owner: str, id_: ConversationId, *, limit: int = MAX_TURNS
) -> list[Turn]:
    """The latest turns of a conversation, the oldest first."""
    query = (
        select(turns)
        .where(is_in(owner, id_.value), turns.c.number.is_not(None))
        .order_by(turns.c.number.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()[::-1]
    of_jobs = _jobs(connection, [row.job_id for row in rows])
    found = [*readable(connection, turns, rows, lambda row: _to_turn(row, of_jobs))]
    kept = _kept(connection, owner, {image.id for turn in found for image in turn.images})
    return [_with_deletions(turn, kept) for turn in found]


def find_summaries(connection: Connection, owner: str, limit: int) -> list[ConversationSummary]:
    """The owner's conversations, the one with the newest turn first."""
    grouped = (
        select(
            turns.c.conversation,
            func.count().label("ended"),
            func.min(turns.c.begun_at).label("first"),
            func.max(turns.c.number).label("latest"),
        )
        .where(turns.c.owner == owner, turns.c.number.is_not(None))
        .group_by(turns.c.conversation)
        .subquery()
    )
    latest = and_(is_in(owner, grouped.c.conversation), turns.c.number == grouped.c.latest)
    query = (
        select(grouped, turns.c.prompt, turns.c.stored_at)
        .join(turns, latest)
        .order_by(turns.c.stored_at.desc(), grouped.c.conversation)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return [
        ConversationSummary(
            id=ConversationId(row.conversation),
            turns=row.ended,
            begun_at=row.first.replace(tzinfo=UTC),
            changed_at=row.stored_at.replace(tzinfo=UTC),
            prompt=row.prompt,
        )
        for row in rows
        if isinstance(row.first, datetime) and isinstance(row.stored_at, datetime)
    ]


def remove_last_turn(connection: Connection, owner: str, id_: ConversationId) -> Turn | None:
    """Delete the latest turn, and return it."""
    found = find_turns(connection, owner, id_, limit=1)
    if found:
        last = and_(is_in(owner, id_.value), turns.c.number == found[0].number)
        connection.execute(delete(turns).where(last))
    return found[0] if found else None


def _number(connection: Connection, row: Any, values: Values) -> int:  # noqa: ANN401 - a Row with more columns or fewer
    """Give the turn the next number, and delete the oldest turn beyond MAX_TURNS."""
    conversation = is_in(row.owner, row.conversation)
    latest = connection.execute(select(func.max(turns.c.number)).where(conversation)).scalar()
    number = (latest or 0) + 1
    values = {**values, "number": number, "stored_at": utc_now()}
    connection.execute(update(turns).where(turns.c.id == row.id).values(values))
    old = turns.c.number <= number - MAX_TURNS
    connection.execute(delete(turns).where(conversation, old))
    return number


def _jobs(connection: Connection, ids: Collection[str]) -> Mapping[str, Any]:
    columns = (jobs.c.id, jobs.c.provider, jobs.c.revised_prompt, jobs.c.continuation)
    rows = connection.execute(select(*columns).where(jobs.c.id.in_(ids)))
    return {row.id: row for row in rows}


def _kept(connection: Connection, owner: str, ids: Collection[str]) -> set[str]:
    """Those of the images that the owner has not deleted."""
    mine = select(images.c.image_id).where(images.c.image_id.in_(ids), images.c.owner == owner)
    return {*connection.execute(mine).scalars()}


def _to_turn(row: Row[Any], of_jobs: Mapping[str, Any]) -> Turn:
    """The turn that a row of `turns` holds; raise what UNREADABLE lists."""
    job = of_jobs.get(row.job_id)
    return Turn(
        number=row.number,
        job_id=row.job_id,
        action=row.action,
        prompt=row.prompt,
        at=row.stored_at.replace(tzinfo=UTC),
        served_from=row.served_from,
        provider=job.provider if job else "",
        images=tuple(TurnImage(str(each)) for each in json.loads(row.images)),
        revised_prompt=job.revised_prompt if job else None,
        context=tuple(int(each) for each in json.loads(row.context)),
        continuation=job.continuation if job else None,
    )


def _with_deletions(turn: Turn, kept: Collection[str]) -> Turn:
    marked = (TurnImage(image.id, deleted=image.id not in kept) for image in turn.images)
    return replace(turn, images=tuple(marked))


def is_in(owner: str, conversation: str | ColumnElement[str]) -> ColumnElement[bool]:
    """The condition for the turns of this conversation."""
    return and_(turns.c.owner == owner, turns.c.conversation == conversation)
