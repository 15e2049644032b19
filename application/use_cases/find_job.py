"""Use case: find the job that a caller names by the beginning of its ID."""

import re

from application.image_names import position_of
from application.ports.job_repository import JobRepository
from domain.errors import InvalidRequest, NotFound
from domain.jobs import LOCAL

SHORT_ID = re.compile(r"^job_[0-9a-f]{8,31}$")
MAX_NAMED = 10
"""Jobs that a refusal names."""


class FindJob:
    """Looks names of jobs up in the records."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(self, name: str, /, *, owner: str = LOCAL, newest: bool = True) -> str:
        """Return the ID of the job with this name; a text that is no such name, as it is.

        A name is `job_` and 8 hex digits of the ID or more, or, if `newest` is true, `last`. Raises
        InvalidRequest for the beginning of several IDs, NotFound for one of none, and
        ArchiveUnavailable.
        """
        if newest and position_of(name.strip()) == 1:
            found = await self.records.latest(owner=owner, limit=1)
        elif SHORT_ID.match(name):
            found = await self.records.by_prefix(name, owner=owner, limit=MAX_NAMED)
        else:
            return name
        if not found:
            raise NotFound.of_id("job", name)
        if len(found) > 1:
            raise InvalidRequest(
                f"{name!r} is the beginning of {len(found)} IDs of jobs, or of more.",
                field="id",
                hint=f"Use one of: {', '.join(record.id for record in found)}.",
            )
        return found[0].id
