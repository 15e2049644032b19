"""Use case: suggest the images that a person may mean while typing."""

import re
from collections.abc import Iterable, Sequence

from application.ports.job_repository import JobRepository
from domain.errors import InvalidRequest
from domain.image_filters import ImageFilter, search_words
from domain.jobs import LOCAL

MAX_SUGGESTED = 101
"""Images: one more than a client takes, so that it can be told that there are more."""
ID_START = "img_"
ID_PREFIX = re.compile(rf"{ID_START}[0-9a-f]{{1,32}}")


class SuggestImages:
    """Looks in the records only."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(self, text: str, /, *, owner: str = LOCAL) -> Sequence[str]:
        """Return the IDs of at most MAX_SUGGESTED images of this owner.

        Those are the images whose IDs begin with the text, or else the newest whose prompts have
        all of its words; for an empty text, the newest. For a text that is too long for a search,
        none. Raises ArchiveUnavailable.
        """
        typed = text.strip().casefold()
        if ID_PREFIX.fullmatch(typed):
            begun = await self.records.images_by_prefix(typed, owner=owner, limit=MAX_SUGGESTED)
            return _distinct(each.image.id for each in begun)
        try:
            words = () if ID_START.startswith(typed) else search_words(text)
        except InvalidRequest:
            return []
        matching = ImageFilter(words=words)
        found = await self.records.recent(owner=owner, limit=MAX_SUGGESTED, matching=matching)
        return _distinct(image.id for each in found for image in each.images)


def _distinct(ids: Iterable[str]) -> Sequence[str]:
    return [*dict.fromkeys(ids)][:MAX_SUGGESTED]
