"""Cursors of lists as clients get them: opaque words, which they send back for the next page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

import msgspec

from domain.errors import InvalidRequest
from domain.job_records import ImageCursor, JobPosition

MAX_LENGTH = 400
"""Characters; those of this server have about 150."""


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    created_at: datetime
    job_id: str
    image_id: str


def encode_cursor(cursor: ImageCursor) -> str:
    """The cursor as a word that needs no escaping in a URL."""
    fields = _Cursor(cursor.job.created_at, cursor.job.id, cursor.image_id)
    return urlsafe_b64encode(msgspec.json.encode(fields)).decode().rstrip("=")


def decode_cursor(text: str | None) -> ImageCursor | None:
    """The cursor in a word, None for None; raise InvalidRequest for any other word."""
    if text is None:
        return None
    try:
        padded = text[:MAX_LENGTH].strip().encode() + b"=="
        found = msgspec.json.decode(urlsafe_b64decode(padded), type=_Cursor)
        if found.created_at.tzinfo is None:
            raise ValueError("a time without a zone")
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidRequest(
            "The cursor is not one that this server returned.",
            field="cursor",
            hint="Send the nextCursor of the last page unchanged, or no cursor for the first page.",
        ) from error
    return ImageCursor(JobPosition(found.created_at, found.job_id), found.image_id)
