"""Cursors of lists as clients get them: opaque words, which they send back for the next page."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from domain.errors import InvalidRequest
from domain.image_filters import EVERY_IMAGE, MAX_SEARCH_CHARACTERS, ImageFilter
from domain.job_records import ImageCursor, JobPosition
from entrypoints.wire.moments import YEARS

MAX_LENGTH = 4_000
"""Characters; those of this server have about 150, and 2,000 with the longest filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which images a client wants to see: those after the cursor that the filter matches.

    `digest` identifies the filter as the client sent it; it is empty without one.
    """

    cursor: ImageCursor | None = None
    matching: ImageFilter = EVERY_IMAGE
    digest: str = ""


EVERYTHING = ListQuery()


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    created_at: datetime
    job_id: str
    image_id: str
    digest: str = ""
    words: tuple[str, ...] = ()
    model: str = ""
    since: datetime | None = None
    before: datetime | None = None


def filter_digest(texts: Mapping[str, str]) -> str:
    """A digest of the texts of a filter, empty without any: equal filters have equal ones."""
    text = json.dumps(texts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12] if texts else ""


def encode_cursor(position: ImageCursor, query: ListQuery = EVERYTHING) -> str:
    """The cursor of a list's next page as a word that needs no escaping in a URL."""
    job, matching = position.job, query.matching
    fields: list[object] = [job.created_at, job.id, position.image_id]
    if not matching.is_empty:
        fields += [query.digest, matching.words, matching.model, matching.since, matching.before]
    return urlsafe_b64encode(msgspec.json.encode(fields)).decode().rstrip("=")


def decode_cursor(text: str) -> ListQuery:
    """The query for the page after this cursor; raise InvalidRequest for any other word."""
    try:
        padded = text[:MAX_LENGTH].strip().encode() + b"=="
        found = msgspec.json.decode(urlsafe_b64decode(padded), type=_Cursor)
        for each in (found.created_at, found.since, found.before):
            if each and (each.tzinfo is None or each.year not in YEARS):
                raise ValueError("a time that this server has in no cursor")
        if sum(map(len, found.words)) > MAX_SEARCH_CHARACTERS:
            raise ValueError("a search that no client sent")
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidRequest(
            "The cursor is not one that this server returned.",
            field="cursor",
            hint="Send the nextCursor of the last page unchanged, or no cursor for the first page.",
        ) from error
    return ListQuery(
        cursor=ImageCursor(JobPosition(found.created_at, found.job_id), found.image_id),
        matching=ImageFilter(
            words=found.words, model=found.model, since=found.since, before=found.before
        ),
        digest=found.digest,
    )
