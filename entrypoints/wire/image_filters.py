"""Filters of lists of images, as clients send them and as cursors keep them."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.errors import InvalidRequest
from domain.image_filters import ImageFilter, search_words
from entrypoints.wire.cursors import ListQuery, decode_cursor, filter_digest
from entrypoints.wire.moments import parse_moment
from entrypoints.wire.unicode_text import is_unicode

MAX_MODEL_CHARACTERS = 100
Given = str | UnsetType | None


def read_query(
    *,
    now: datetime,
    cursor: Given = None,
    search: Given = None,
    model: Given = None,
    since: Given = None,
    before: Given = None,
) -> ListQuery:
    """The query that these texts mean; those that are empty are left out.

    A cursor has the filter of its list, so it may be sent alone. Raises one InvalidRequest for a
    cursor with another filter, or for all that is wrong with the filter.
    """
    texts = {
        name: value.strip()
        for name, value in {
            "search": search,
            "model": model,
            "since": since,
            "before": before,
        }.items()
        if value not in (None, UNSET) and str(value).strip()
    }
    digest = filter_digest(texts)
    if cursor is None or cursor is UNSET:
        return ListQuery(matching=_filter(texts, now), digest=digest)
    query = decode_cursor(str(cursor))
    if texts and query.digest != digest:
        raise InvalidRequest(
            "The cursor belongs to a list with other filters.",
            field="cursor",
            hint="Send the cursor alone: it has the filters of its list. "
            "For other filters, send them without a cursor.",
        )
    return query


def _filter(texts: dict[str, str], now: datetime) -> ImageFilter:
    found, faults = dict[str, object](), list[InvalidRequest]()
    for name, text in texts.items():
        try:
            found[_FIELDS[name]] = _read(name, text, now)
        except InvalidRequest as error:
            faults.append(error)
    if not faults and texts.keys() >= {"since", "before"} and not found["since"] < found["before"]:  # type: ignore[operator] # both are times
        faults.append(
            InvalidRequest("since is not earlier than before.", field="since", hint="Swap them.")
        )
    if faults:
        raise InvalidRequest.of(faults)
    return ImageFilter(**found)  # type: ignore[arg-type] # by name


_FIELDS = {"search": "words", "model": "model", "since": "since", "before": "before"}


def _read(name: str, text: str, now: datetime) -> object:
    if not is_unicode(text):
        raise InvalidRequest(
            f"{name} contains invalid Unicode (a lone surrogate).",
            field=name,
            hint="Remove the invalid characters.",
        )
    if name == "search":
        return search_words(text)
    if name != "model":
        return parse_moment(text, name, now=now)
    if len(text) > MAX_MODEL_CHARACTERS:
        message = f"model must have at most {MAX_MODEL_CHARACTERS} characters."
        raise InvalidRequest(message, field="model", hint="Send the name of one model.")
    return text
