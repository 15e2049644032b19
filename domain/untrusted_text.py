"""Makes text from outside harmless for terminals, logs and records."""

import re
from unicodedata import category

SUBSTITUTE = "?"
LINE_BREAKS = "\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
"""All characters that end a line for Python, a terminal or a browser."""
BREAK = re.compile(f"\r\n|[{LINE_BREAKS}]")
UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters: escape sequences begin with them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional: text looks like another text
    "\ud800-\udfff]"  # lone surrogates, which JSON can escape and UTF-8 cannot encode
)

UNSEEN_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Characters without an image that Unicode counts as letters or symbols."""


def is_visible(text: str) -> bool:
    """Whether any character of the text can be seen: no blank, no control, and of some width."""
    return any(category(each)[0] not in "CZ" and each not in UNSEEN_LETTERS for each in text)


def single_line(text: str, max_length: int) -> str:
    """At most `max_length` characters in one line, with `?` for each unsafe character.

    Line breaks and tabs become spaces.
    """
    return _cut(UNSAFE.sub(SUBSTITUTE, BREAK.sub(" ", text).replace("\t", " ")), max_length)


def several_lines(text: str, max_length: int | None = None) -> str:
    """The same, but with line feeds and tabs; all other line breaks become line feeds."""
    safe = UNSAFE.sub(SUBSTITUTE, BREAK.sub("\n", text))
    return safe if max_length is None else _cut(safe, max_length)


def _cut(text: str, max_length: int) -> str:
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
