"""Codes and words in Google's refusals, and what a refusal says.

Codes are those of ai.google.dev/gemini-api/docs/api-errors (the Interactions API) and of
google.rpc.Code (the APIs before it, and the parts in front of them). Words are searched in the
codes and the message, in lower case.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_MESSAGE = 600
"""Characters of a message."""
MAX_OBJECTS = 50
MAX_DEPTH = 6
MAX_WAIT = 86_400
"""Seconds; a longer wait, or a negative one, is not believed."""

SAFETY = re.compile(
    r"safety|prohibited|blocklist|\bspii\b|recitation|responsible ai|sensitive words|"
    r"content (policy|filter)|policy violation|violates? .{0,40}polic|"
    r"(prompt|request|image|content|output|response) (was|is|has been|were) (blocked|filtered)|"
    r"image_other|usage guidelines"
)
IMAGE_REFUSED = re.compile(
    r"image_(safety|prohibited|recitation|other)|(generated|output) image|model output"
)
"""The generated image was refused, and not the prompt."""
BAD_KEY = re.compile(
    r"api[ _-]?key[ _]?(not valid|invalid|expired|is invalid)|api_key_invalid|invalid api key|"
    r"api key (was|has been) reported|please pass a valid api key"
)
PLACE = re.compile(r"(user )?location is not supported|not available in your (country|region)")
BILLING = re.compile(r"billing|prepa(id|yment)|credit|payment")
NO_ALLOWANCE = re.compile(r"\blimit:? ?0(?!\d|[.,]\d)")
DAILY = re.compile(r"per ?day|daily")
PREVIOUS = re.compile(r"previous[ _]interaction|interaction.{0,80}not found|continue.{0,40}expired")
BACKGROUND = re.compile(r"background|`?store`?\b.{0,40}(true|required)")
MODEL = re.compile(r"\bmodels?\b")
PAGE = re.compile(r"\s*<(!doctype|\?xml|html|head|body|title|h1)\b", re.IGNORECASE)
TITLE = re.compile(r"<title\b[^>]{0,200}>(.{1,200}?)</title>", re.IGNORECASE | re.DOTALL)
WAIT = re.compile(r"(?:retry|try again) in (\d{1,6}(?:\.\d{1,9})?) ?(ms|s|m|h)\b")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorWords:
    """What a refusal says; texts are unchecked, and empty if it says nothing.

    `codes` are in lower case. `page` is the title of a page of HTML, `a page` without one.
    """

    codes: frozenset[str] = frozenset()
    message: str = ""
    page: str = ""
    wait: str = ""

    @property
    def text(self) -> str:
        """Codes and message in lower case, to be searched."""
        return " ".join((*sorted(self.codes), self.message)).lower()


def read_body(body: bytes) -> ErrorWords:
    """What the body of a refusal says."""
    try:
        return read_words(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode("utf-8", errors="replace").strip()
    if PAGE.match(text):
        found = TITLE.search(text[:20_000])
        return ErrorWords(page=" ".join(found[1].split()) if found else "a page")
    return ErrorWords(message=text[:MAX_MESSAGE])


def read_words(value: object) -> ErrorWords:
    """What a parsed body, an event or an error in an interaction says."""
    objects = list(_objects(value, MAX_DEPTH))[:MAX_OBJECTS]
    messages = [text for each in objects if (text := _text(each.get("message")))]
    codes = [_text(each.get(name)) for each in objects for name in ("code", "status", "reason")]
    waits = [_text(each.get("retryDelay")) for each in objects]
    return ErrorWords(
        codes=frozenset(code.lower()[:100] for code in codes if code),
        message="; ".join(dict.fromkeys(messages))[:MAX_MESSAGE],
        wait=next(filter(None, waits), ""),
    )


def stated_wait(headers: Mapping[str, str], words: ErrorWords) -> float | None:
    """The seconds that a refusal asks to wait, None if it states none that is plausible.

    Retry-After comes first, then google.rpc.RetryInfo (`"23s"`), then the words of the message.
    """
    for seconds in _waits(headers, words):
        if seconds is not None and 0 <= seconds < MAX_WAIT:
            return seconds
    return None


def _waits(headers: Mapping[str, str], words: ErrorWords) -> Iterator[float | None]:
    after = headers.get("retry-after", "")
    yield _number(after)
    yield _until(after)
    yield _number(words.wait.removesuffix("s"))
    found = WAIT.search(words.text)
    yield round(float(found[1]) * UNITS[found[2]], 3) if found else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _until(text: str) -> float | None:
    """The seconds until an HTTP date."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, round((zoned - datetime.now(UTC)).total_seconds(), 1))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _objects(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """The objects in a value, the outer ones first, within the bounds."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        yield value
        children = list(value.values())
    else:
        children = value if isinstance(value, list) else []
    for child in children[:MAX_OBJECTS]:
        if isinstance(child, Mapping | list):
            yield from _objects(child, depth - 1)
