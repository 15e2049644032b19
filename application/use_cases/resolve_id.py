"""Use case: find the ID that a person means by the beginning of it, or by `last`."""

import re
from collections.abc import Sequence

from application.ports.job_repository import JobRepository
from domain.counts import count
from domain.errors import InvalidRequest, NotFound
from domain.jobs import LOCAL

LAST = "last"
FULL_ID = re.compile(r"(?:img|job)_[0-9a-f]{32}")
SHORT_ID = re.compile(r"(?:img|job)_[0-9a-f]{4,31}")
"""The beginning of an ID. Among a hundred images, two share four digits with a chance of one in
thirteen: that is an error, never a guess."""
MAX_NAMED = 3
"""IDs that an error names."""


class ResolveId:
    """Reads the records. Every method raises ArchiveUnavailable."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(self, name: str, /, *, owner: str = LOCAL) -> str:
        """Return the full ID for an ID or the beginning of one, which must be unique.

        A full ID is returned as it is, whether or not it exists. Raises NotFound for a beginning
        that no ID has, and InvalidRequest for one that several have or that is no ID.
        """
        name = name.strip().lower()
        if FULL_ID.fullmatch(name):
            return name
        if not SHORT_ID.fullmatch(name):
            raise InvalidRequest(
                f"{name[:60]!r} is not an ID.",
                field="id",
                hint="An ID is img_ or job_ and 32 digits, of which the first four may be enough.",
            )
        found = await self.records.ids(name, owner=owner, limit=MAX_NAMED + 1)
        if not found:
            raise NotFound.of_id("job" if name.startswith("job_") else "image", name)
        if len(found) > 1:
            raise _ambiguous(f"{name} is the beginning of several IDs", found)
        return found[0]

    async def image(self, name: str, /, *, owner: str = LOCAL) -> str:
        """Return the ID of the image: of `last`, of a job with one image, or of an ID as above.

        `last` is the first image of the newest job that delivered one. Raises NotFound for a job
        or an archive without images, and InvalidRequest for a job with several.
        """
        if name.strip().lower() == LAST:
            newest = await self.records.recent(owner=owner, limit=1)
            images = [image.id for record in newest for image in record.images]
            if not images:
                raise NotFound("There is no last image: none is stored yet.")
            return images[0]
        full = await self(name, owner=owner)
        return await self._only_image(full, owner) if full.startswith("job_") else full

    async def _only_image(self, job_id: str, owner: str) -> str:
        record = await self.records.get(job_id, owner=owner)
        if record is None:
            raise NotFound.of_id("job", job_id)
        if not record.images:
            raise NotFound(f"{job_id} has no image; its state is {record.state}.")
        images = [image.id for image in record.images]
        if len(images) > 1:
            raise _ambiguous(f"{job_id} has {count(len(images), 'image')}", images)
        return images[0]


def _ambiguous(fault: str, ids: Sequence[str]) -> InvalidRequest:
    more = ", …" if len(ids) > MAX_NAMED else ""
    named = ", ".join(ids[:MAX_NAMED])
    return InvalidRequest(f"{fault}.", field="id", hint=f"Use one of: {named}{more}.")
