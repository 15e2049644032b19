"""Reads the body of a refusal: JSON of several services, plain text, or a page of HTML."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from adapters.openai.replies.fields import get_field, text_or_empty
from adapters.openai.replies.reply_json import parse_json

MAX_DEPTH = 6
MAX_ENTRIES = 50
"""Entries of one list or object that are read; a refusal has some ten."""
MAX_MESSAGE = 600
"""Characters of one message; OpenAI's longest have some 300."""
MAX_MESSAGES = 3
MAX_TITLE = 120
SEARCHED = 20_000
"""Characters of a page in which its title is searched."""

CODE_FIELDS = (
    "code",
    "type",
    "status",
    "reason",
    "error_code",
    "errorCode",
    "Code",
    "name",
    "__type",
)
MESSAGE_FIELDS = (
    "message",
    "detail",
    "msg",
    "error_description",
    "error_message",
    "errorMessage",
    "error",
    "errors",
    "raw",
    "title",
    "description",
    "Message",
)
"""Fields whose text is a message, the preferred ones first."""
WAIT_FIELDS = re.compile(
    r"retry(after|in|delay)(seconds|secs|ms)?|resets?(at|in|inseconds|afterseconds)|xratelimitreset"
)
"""Fields with a wait, by their letters."""
FILTER_RESULTS = re.compile(r"content_?filter_?results?", re.IGNORECASE)
CATEGORY_FIELDS = ("categories", "reasons")
MARKUP = re.compile(
    r"\s*<(!doctype|!--|\?xml|html|head|body|title|center|h1|p|div|pre)\b", re.IGNORECASE
)
TITLES = tuple(
    re.compile(rf"<{tag}\b[^>]{{0,200}}>(.{{1,500}}?)</{tag}>", re.IGNORECASE | re.DOTALL)
    for tag in ("title", "h1", "message", "h2")
)
TAG = re.compile(r"<[^>]{0,500}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What a refusal says. Texts are unchecked, and empty if it says nothing.

    `codes` are in lower case. `page` is the title of an HTML page, `a page` without one, and empty
    for other bodies; of a page nothing else is read.
    """

    codes: frozenset[str] = frozenset()
    message: str = ""
    page: str = ""
    param: str = ""
    stage: str = ""
    categories: tuple[str, ...] = ()
    wait: object = None

    @property
    def text(self) -> str:
        """Codes and message in lower case, to be searched."""
        return " ".join((*sorted(self.codes), self.message)).lower()

    def has_code(self, *codes: str) -> bool:
        """Whether it has one of these codes, however it spells them."""
        mine = {_letters(code) for code in self.codes}
        return any(_letters(code) in mine for code in codes)


def read_error_response(response: httpx2.Response) -> ErrorBody:
    """The body of an error reply, which is complete and within the client's bounds."""
    try:
        value = parse_json(response.content)
    except (ValueError, RecursionError):
        value = response.content.decode("utf-8-sig", errors="replace").strip()
    return read_error(value)


def read_error(value: object) -> ErrorBody:
    """What a parsed body, or the error in a stream's event, says."""
    if isinstance(value, str):
        title = page_title(value)
        return ErrorBody(page=title) if title else ErrorBody(message=value[:MAX_MESSAGE].strip())
    objects = list(_objects(value, MAX_DEPTH))
    messages = list(dict.fromkeys(m for each in objects for m in _messages(each)))
    details = [get_field(each, "moderation_details") for each in objects]
    return ErrorBody(
        codes=frozenset(code for each in objects for code in _codes(each)),
        message="; ".join(messages[:MAX_MESSAGES]),
        param=next((param for each in objects if (param := _param(each))), ""),
        stage=next(
            (s for d in details if (s := text_or_empty(get_field(d, "moderation_stage")))), ""
        ),
        categories=tuple(dict.fromkeys(c for each in objects for c in _categories(each))),
        wait=next((wait for each in objects for wait in _waits(each)), None),
    )


def page_title(text: str) -> str:
    """The title of a page of HTML or XML without its markup; empty if the text is no page."""
    if not MARKUP.match(text):
        return ""
    for pattern in TITLES:
        found = pattern.search(text[:SEARCHED])
        title = " ".join(html.unescape(TAG.sub(" ", found[1])).split()) if found else ""
        if title:
            return title[:MAX_TITLE]
    return "a page"


def _objects(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """The objects in a value, the outer ones first, within the bounds."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        yield value
        children = list(value.values())
    else:
        children = value if isinstance(value, list) else []
    for child in children[:MAX_ENTRIES]:
        if isinstance(child, Mapping | list):
            yield from _objects(child, depth - 1)


def _codes(of: Mapping[str, Any]) -> Iterator[str]:
    for name in CODE_FIELDS:
        value = of.get(name)
        if isinstance(value, str) and value:
            yield value[:MAX_TITLE].lower()


def _messages(of: Mapping[str, Any]) -> Iterator[str]:
    place = ".".join(map(str, of["loc"][-1:])) if isinstance(of.get("loc"), list) else ""
    for name in MESSAGE_FIELDS:
        for text in _texts(of.get(name)):
            text = page_title(text) or text[:MAX_MESSAGE]
            yield f"{place}: {text}" if place else text


def _texts(value: object) -> Iterator[str]:
    """The text, or those in a list; also those in lists by the names of parameters."""
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, list):
        for each in value[:MAX_MESSAGES]:
            yield from (each.strip(),) if isinstance(each, str) and each.strip() else ()
    elif isinstance(value, Mapping) and all(isinstance(each, list) for each in value.values()):
        for name, texts in [*value.items()][:MAX_MESSAGES]:
            yield from (f"{name}: {text}" for text in _texts(texts))


def _param(of: Mapping[str, Any]) -> str:
    place = of.get("loc")
    last = place[-1] if isinstance(place, list) and place else None
    return text_or_empty(of.get("param")) or text_or_empty(last)


def _categories(of: Mapping[str, Any]) -> Iterator[str]:
    """Moderation categories: a text or a list of them, or objects with `filtered`."""
    for name, value in of.items():
        if name in CATEGORY_FIELDS:
            names = value if isinstance(value, list) else [value]
            yield from (each for each in map(text_or_empty, names) if each)
        elif FILTER_RESULTS.fullmatch(name):
            for results in value if isinstance(value, list) else [value]:
                yield from _filtered(results)


def _filtered(results: object) -> Iterator[str]:
    for category, result in results.items() if isinstance(results, Mapping) else ():
        if get_field(result, "filtered") is True or get_field(result, "detected") is True:
            yield str(category)


def _waits(of: Mapping[str, Any]) -> Iterator[object]:
    for name, value in of.items():
        letters = _letters(name)
        if WAIT_FIELDS.fullmatch(letters) and value is not None:
            is_milliseconds = letters.endswith("ms") and isinstance(value, int | float)
            yield value / 1000 if is_milliseconds else value


def _letters(code: str) -> str:
    """The code without what separates its words: `content_filter` and `contentFilter` are equal."""
    return re.sub(r"[\s_\-.]", "", code.lower())
