"""IDs by their beginning, in SQL."""

from sqlalchemy import select

from adapters.records.job_table import JobTable
from adapters.records.schema import images, jobs

AFTER_ALL = "\uffff"
"""A letter that sorts after every letter of an ID."""


def ids_with_prefix(records: JobTable, prefix: str, owner: str, limit: int) -> list[str]:
    """At most `limit` IDs of the owner's jobs or images that begin with `prefix`, each once."""
    column, owners = (jobs.c.id, jobs.c.owner)
    if not prefix.startswith("job_"):
        column, owners = (images.c.image_id, images.c.owner)
    query = (
        select(column)
        .where(owners == owner, column >= prefix, column < prefix + AFTER_ALL)
        .distinct()
        .limit(limit)
    )
    with records.engine.connect() as connection:
        return [id_ for id_ in connection.execute(query).scalars() if isinstance(id_, str)]
