"""Use case: suggest the images that a person may mean while typing."""

import re
from collections.abc import Iterable, Sequence

from application.ports.job_repository import JobRepository
from domain.jobs import LOCAL

MAX_SUGGESTED = 101
"""Images: one more than a client takes, so that it can be told that there are more."""
SEARCHED = 200
"""Jobs whose prompts are searched, the newest."""
MAX_TYPED = 200
"""Characters of a text that is looked for: a person types no more."""
ID_START = "img_"
ID_PREFIX = re.compile(rf"{ID_START}[0-9a-f]{{1,32}}")


class SuggestImages:
    """Looks in the records only."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(self, text: str, /, *, owner: str = LOCAL) -> Sequence[str]:
        """Return the IDs of at most MAX_SUGGESTED images of this owner.

        Those are the images whose IDs begin with the text, or else the newest whose prompts have
        all of its words; for an empty text, the newest; for more than MAX_TYPED characters, none.
        Raises ArchiveUnavailable.
        """
        if len(text) > MAX_TYPED:
            return []
        typed = text.strip().casefold()
        if ID_PREFIX.fullmatch(typed):
            found = await self.records.images_by_prefix(typed, owner=owner, limit=MAX_SUGGESTED)
            return _distinct(each.image.id for each in found)
        words = [] if ID_START.startswith(typed) else typed.split()
        recent = await self.records.recent(owner=owner, limit=SEARCHED)
        matching = (
            each for each in recent if all(word in each.prompt.casefold() for word in words)
        )
        return _distinct(image.id for each in matching for image in each.images)


def _distinct(ids: Iterable[str]) -> Sequence[str]:
    return [*dict.fromkeys(ids)][:MAX_SUGGESTED]
