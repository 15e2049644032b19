"""The records of jobs, in SQLite."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.schema import CreateIndex, CreateTable

from domain.jobs import Job
from domain.requests import PictureRequest

BUSY_SECONDS = 30

tables = MetaData()
jobs = Table(
    "jobs",
    tables,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("provider", String, nullable=False),
    Column("action", String, nullable=False),
    Column("model", String, nullable=False),
    Column("asked_model", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("failure", String),
    Column("request_id", String),
    Column("text_tokens_in", Integer),
    Column("image_tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("cost_usd", String),
    Column("created_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
)
pictures = Table(
    "pictures",
    tables,
    Column("job_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("picture_id", String, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("place", String),
)


class JobRecords:
    """One row a job and one a picture. Several processes may share the file.

    Write-ahead log with synchronous=FULL: what a method has written survives a power cut. Every
    method raises sqlalchemy.exc.SQLAlchemyError or OSError when the database refuses.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = _engine(path)
        self._create_tables()
        path.chmod(0o600)

    def _create_tables(self) -> None:
        """Several processes may do this at once, so each statement minds what is there."""
        with self._engine.begin() as connection:
            for table in tables.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    connection.execute(CreateIndex(index, if_not_exists=True))

    def write(self, job: Job[PictureRequest]) -> None:
        """Insert the job, or replace what was known of it."""
        row = _row(job)
        kept = [
            {"job_id": job.id, "position": at, "picture_id": picture.id, "owner": job.owner}
            | {"place": picture.place}
            for at, picture in enumerate(job.pictures)
        ]
        with self._engine.begin() as connection:
            connection.execute(
                upsert(jobs).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            )
            if kept:
                connection.execute(delete(pictures).where(pictures.c.job_id == job.id))
                connection.execute(insert(pictures), kept)

    def places(self, picture_id: str, owner: str) -> list[Path]:
        """Where this owner's picture of this id is kept, newest first; empty if nowhere."""
        query = (
            select(pictures.c.place)
            .join(jobs, jobs.c.id == pictures.c.job_id)
            .where(pictures.c.picture_id == picture_id, pictures.c.owner == owner)
            .where(pictures.c.place.is_not(None))
            .order_by(jobs.c.created_at.desc())
        )
        with self._engine.connect() as connection:
            return [Path(place) for place in connection.scalars(query)]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _row(job: Job[PictureRequest]) -> dict[str, Any]:
    usage = job.usage
    return {
        "id": job.id,
        "owner": job.owner,
        "provider": job.provider,
        "action": job.action,
        "model": job.request.model or job.card.name,
        "asked_model": job.asked_model,
        "prompt": job.request.prompt,
        "fingerprint": job.fingerprint,
        "state": job.state.value,
        "failure": job.failure,
        "request_id": job.request_id,
        "text_tokens_in": usage and usage.text_tokens_in,
        "image_tokens_in": usage and usage.image_tokens_in,
        "tokens_out": usage and usage.tokens_out,
        "cost_usd": None if job.cost is None else str(job.cost),
        "created_at": job.created_at.astimezone(UTC).replace(tzinfo=None),
        "changed_at": datetime.now(UTC).replace(tzinfo=None),
    }


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS, whose fsync stops short of the disk

    return engine
