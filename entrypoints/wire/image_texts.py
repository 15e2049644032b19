"""Images as clients write them: names in many wrappings, base64, and data: URLs."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import unquote

import msgspec
import pybase64

from domain.errors import UnreadableImage
from domain.untrusted_text import single_line
from entrypoints.wire.argument_names import squeezed

IMAGE_ID = re.compile(r"^img_[0-9a-f]{32}$")
JOB_ID = re.compile(r"^job_[0-9a-f]{32}$")
ANY_ID = re.compile(r"(?<![0-9a-zA-Z])(?:img|job|mask)_[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)
DATA_URL = re.compile(r"^data:(?:[^,]|,(?=[^,]{0,100};base64,)){0,200}?;base64,", re.IGNORECASE)
HEAD = re.compile(r"^(?:[a-z]+/[a-z.+-]+;)?base64,", re.IGNORECASE)
"""A data: URL that has lost its scheme."""
WRAPPINGS = re.compile(r"^(?:!?\[[^\]]*\]\((.*)\)|[<\"'`“‘«(](.*)[>\"'`”’»)])$", re.DOTALL)
SEPARATORS = re.compile(r"[\s,;|\"'\[\]]*")
NOT_BASE64 = "~.:\\"
"""Marks of paths and links that base64 does not have."""
MAX_NAME = 4_096
"""Characters of a longest name or path; a longer text is image data."""
LEAST_IMAGE = 24
"""Characters of base64 that no image is shorter than: 18 bytes."""
MEMBERS = (
    *("id", "imageid", "maskid", "jobid", "fileid"),
    *("data", "b64json", "base64", "blob", "bytes", "imagebytes", "bytesbase64encoded", "filedata"),
    *("imageurl", "url", "source", "inlinedata", "resource", "image", "file", "path", "uri", "src"),
    *("value", "content", "reference", "ref"),
)
"""Squeezed names of members that may have an object's image.

An ID is better than data, data than a link.
"""
JPEG = "/9j/"
"""The beginning of a JPEG's base64, which looks like a path."""
URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)
OTHER_URL = re.compile(r"^(?:attachment|blob|cid|content|mcp|sandbox|ui)(?::|://)", re.IGNORECASE)
"""What hosts call images that they keep to themselves."""
WEB_URL = re.compile(r"^\s*https?:", re.IGNORECASE)
MAX_SHOWN = 200
"""Characters of a name in an error."""
STORED = ("an img_… ID from an earlier result", "last")
ENCODED = ("the file's base64", "a data: URL")


def advice(forms: Sequence[str]) -> str:
    """The sentence that says what a caller can use."""
    *rest, last = forms
    return f"Use {', '.join(rest)}, or {last}."


HINT = advice((*STORED, *ENCODED))


def as_reference(value: object) -> object:
    """The ID in a value, or the text that has the image; the value unchanged if it has neither."""
    if isinstance(value, Mapping):
        return _from_object(value)
    if isinstance(value, list) and len(value) == 1:
        return as_reference(value[0]) if isinstance(value[0], str | Mapping) else value
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("{"):
        with suppress(msgspec.DecodeError):
            return _from_object(msgspec.json.decode(text))
    while match := WRAPPINGS.match(text):
        text = (match[1] or match[2] or "").strip()
    if len(text) > MAX_NAME or text[:5].lower() == "data:":
        return text
    ids = {id_.lower() for id_ in ANY_ID.findall(text)}
    return ids.pop() if len(ids) == 1 else text


def listed_references(text: str) -> list[object]:
    """The entries of a list that was written as text: JSON, Python, or IDs in a row."""
    text = text.strip()
    if text.startswith("["):
        with suppress(msgspec.DecodeError):
            decoded = msgspec.json.decode(text)
            return decoded if isinstance(decoded, list) else [text]
    if len(text) < MAX_NAME and len(ids := ANY_ID.findall(text)) > 1:
        return list(ids) if SEPARATORS.fullmatch(ANY_ID.sub("", text)) else [text]
    return [text]


def is_name(text: str) -> bool:
    """Whether a text can only be a name of an image, such as a path, and no image data."""
    if len(text) > MAX_NAME or text[:5].lower() == "data:":
        return False
    if text.startswith(("img_", "job_", "mask_")) or len(text) < LEAST_IMAGE:
        return True
    if text.startswith("/") and not text.startswith(JPEG):
        return True
    return " " in text or any(mark in text for mark in NOT_BASE64)


def is_url(text: str) -> bool:
    """Whether a reference is the URL of a page or a file on a host of the web."""
    return WEB_URL.match(text) is not None


def decoded(text: str, field: str) -> bytes:
    """The bytes of base64 or of a data: URL, with `=` at its end or without, in either alphabet.

    Raises UnreadableImage. Does not check that the bytes are an image.
    """
    if text[:5].lower() == "data:":
        head = DATA_URL.match(text)
        if head is None:
            raise UnreadableImage(
                f"{field} is a data: URL that is not base64.", field=field, hint=HINT
            )
        text = text[head.end() :]
    elif head := HEAD.match(text):
        text = text[head.end() :]
    with suppress(ValueError):  # strict first: the rest is slow for large images
        return pybase64.b64decode(text, validate=True)
    try:
        return _leniently_decoded(text)
    except _CutOff as error:
        raise UnreadableImage(
            f"{field} is cut off: no base64 has this length.",
            field=field,
            hint="Send the whole image.",
        ) from error
    except ValueError as error:
        raise UnreadableImage(why_refused(text, field), field=field, hint=HINT) from error


class _CutOff(ValueError):
    pass


def _leniently_decoded(text: str) -> bytes:
    text = "".join((unquote(text) if "%" in text else text).split())
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    whole = b64decode(text + "=" * (-len(text) % 4), validate=True) if len(text) % 4 != 1 else None
    if whole is None:
        b64decode(text[:-1], validate=True)  # raises if it is no base64 at all
        raise _CutOff
    return whole


def why_refused(text: str, field: str, *, files: bool = False) -> str:
    """Why a text is no image, as a sentence. `files`: whether this caller can name files."""
    if text.startswith(("img_", "mask_")):
        kind = "image" if text.startswith("img_") else "mask"
        return f"{field}: {text[:60]!r} is not a complete {kind} ID."
    if OTHER_URL.match(text):
        return f"{field} is a URL that only another program can open."
    if URL.match(text):
        return f"{field} is a URL. For security, URLs are not accepted here."
    if len(text) < MAX_NAME and (text[:1] == "/" or any(mark in text for mark in NOT_BASE64)):
        if files:
            return f"{field}: {single_line(text, MAX_SHOWN)!r} is no image here."
        return f"{field} is a path. For security, file paths are not accepted here."
    return f"{field} is not an image ID or valid base64."


def _from_object(value: Mapping[str, object]) -> object:
    """The reference in an object such as MCP, OpenAI and Anthropic use for images."""
    for found in _texts_in(value, 3):
        reference = as_reference(found)
        if reference:
            return reference
    return value


def _texts_in(value: Mapping[str, object], depth: int) -> Iterator[str]:
    members = {squeezed(name): member for name, member in value.items()}
    for name in MEMBERS:
        member = members.get(name)
        if isinstance(member, str) and (
            name not in ("id", "imageid", "fileid") or ANY_ID.search(member)
        ):
            yield member
        elif isinstance(member, Mapping) and depth:
            yield from _texts_in(member, depth - 1)
