"""Which stored images a list shows: by words of their prompts, by model and by time."""

import re
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from domain.errors import InvalidRequest
from domain.job_records import JobRecord

MAX_SEARCH_CHARACTERS = 200
EDGES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
"""Quotation marks, which a search may have around words that the prompt has without them."""
SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}")
"""What follows a model's name in the name of its snapshot of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFilter:
    """Matches an image if every part that is given does.

    `words` are those of `search_words`. `model` is a model's name, in any case, or the name whose
    snapshot the model is. The job was recorded as stored at `since` or later, and before `before`;
    both have a time zone.
    """

    words: tuple[str, ...] = ()
    model: str = ""
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it matches every image."""
        return self == EVERY_IMAGE

    def matches(self, record: JobRecord) -> bool:
        """Whether the images of this job are in the list."""
        stored_at = record.changed_at
        return (
            has_words(record.prompt, self.words)
            and self.has_model(record.model)
            and (self.since is None or self.since <= stored_at)
            and (self.before is None or stored_at < self.before)
        )

    def has_model(self, name: str) -> bool:
        """Whether this is the model, or a snapshot of it."""
        wanted, found = self.model.casefold(), name.casefold()
        rest = found.removeprefix(wanted)
        return found == wanted or not wanted or bool(rest != found and SNAPSHOT.fullmatch(rest))


EVERY_IMAGE = ImageFilter()


def search_words(text: str) -> tuple[str, ...]:
    """The words of a search, in the form of `folded`; a prompt must have each of them somewhere.

    No character is an operator or a wildcard; quotation marks around words are left out. Raises
    InvalidRequest for a text that is too long, and for one without any word.
    """
    length = max(len(text), len(folded(text[: MAX_SEARCH_CHARACTERS + 1])))
    if length > MAX_SEARCH_CHARACTERS:
        raise InvalidRequest(
            f"search has {length:,} characters; the maximum is {MAX_SEARCH_CHARACTERS}.",
            field="search",
            hint="Send a few words of the prompt.",
        )
    words = (word.strip(EDGES) or word for word in folded(text).split())
    found = tuple(dict.fromkeys(words))
    if not found:
        raise InvalidRequest(
            "search has no words.", field="search", hint="Send a few words of the prompt."
        )
    return found


def has_words(prompt: str, words: tuple[str, ...]) -> bool:
    """Whether the prompt has every word of `search_words`, as a whole word or within one."""
    text = folded(prompt) if words else ""
    return all(word in text for word in words)


def folded(text: str) -> str:
    """The text without differences of case, of width and of blanks: what a search compares."""
    return normalize("NFKC", normalize("NFKC", text).casefold()).replace("\0", " ")
