"""The fields of a multipart form as the members of a JSON object."""

import re
from collections.abc import Mapping
from io import BytesIO

import pybase64
from multipart import (  # type: ignore[import-untyped] # it has no type hints
    MultipartError,
    MultipartParser,
    MultipartPart,
    parse_options_header,
)

from domain.errors import InvalidRequest

MAX_PARTS = 64
"""More than 16 images, a mask and every option that OpenAI has."""
IN_LIST = re.compile(r"\[[0-9]*\]$")
"""The end of the name of a field that is one of several: `image[]`, or `image[0]`."""
BINARY = ("image/", "application/octet-stream")
"""Types of parts that are files, even if a client gives them no name."""


def form_fields(body: bytes, content_type: str) -> Mapping[str, object]:
    """The fields, each as text, or as a list if it has brackets or occurs several times.

    A file becomes a data: URL. Raises InvalidRequest unless the body is a complete form.
    """
    _, options = parse_options_header(content_type)
    if not options.get("boundary"):
        raise _not_a_form("The Content-Type has no boundary")
    fields: dict[str, object] = {}
    try:
        parser = MultipartParser(
            BytesIO(body),
            options["boundary"],
            content_length=len(body),
            part_limit=MAX_PARTS,
            spool_limit=len(body) + 1,  # the body is in memory already
            memory_limit=len(body) + 1,
        )
        for part in parser:
            _add(fields, part)
    except (MultipartError, UnicodeError) as error:
        raise _not_a_form(str(error)) from error
    return fields


def _add(fields: dict[str, object], part: MultipartPart) -> None:
    name = IN_LIST.sub("", part.name)
    is_file = part.filename or (part.size and part.content_type.startswith(BINARY))
    value: object = _data_url(part) if is_file else _text(part)
    if name in fields or name != part.name:
        earlier = fields.get(name, [])
        value = [*(earlier if isinstance(earlier, list) else [earlier]), value]
    fields[name] = value


def _text(part: MultipartPart) -> str:
    try:
        return str(part.value)
    except (UnicodeError, LookupError) as error:  # invalid in its charset, or no known charset
        raise InvalidRequest(
            f"The field {part.name[:80]!r} is no text in UTF-8.",
            field=part.name[:80],
            hint="Send text in UTF-8, and a file with its file name.",
        ) from error


def _data_url(part: MultipartPart) -> str:
    if not part.size:
        raise InvalidRequest(
            f"The file {(part.filename or part.name)[:80]!r} is empty.",
            field=part.name[:80],
            hint="Send the whole file.",
        )
    return f"data:;base64,{pybase64.b64encode_as_string(part.raw)}"


def _not_a_form(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"The body is not valid multipart/form-data: {reason.rstrip('.')[:200]}.",
        field="body",
        hint="Send the fields with a client's form support, or JSON.",
    )
