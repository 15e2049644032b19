"""Short IDs, as tables show them, turned into whole ones."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from entrypoints.wire.short_ids import SHORT_LENGTH

if TYPE_CHECKING:  # a command loads it when it runs
    from entrypoints.bootstrap.container import Container

MAX_JOBS = 1000
"""Jobs among which a short ID is looked up, the newest first."""


def whole_id(given: str, known: Iterable[str]) -> str:
    """The only known ID that begins like this; otherwise the ID as it was given."""
    found = {each for each in known if len(given) >= SHORT_LENGTH and each.startswith(given)}
    return found.pop() if len(found) == 1 else given


async def whole_job_ids(given: Iterable[str], container: "Container") -> list[str]:
    """The whole IDs of jobs. Raises ArchiveUnavailable."""
    known = [each.id for each in await container.list_jobs()(limit=MAX_JOBS, ended=True)]
    return [whole_id(each, known) for each in given]
