"""Parsing request bodies: JSON objects and multipart forms."""

import json
import re

from tests.standin.calls import Upload
from tests.standin.refusals import Refused

_NAME = re.compile(r'[;\s]name="([^"]*)"')
_FILENAME = re.compile(r'[;\s]filename="([^"]*)"')
_TYPE = re.compile(r"^content-type:\s*([^;\s]+)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')


def read_json(content_type: str, body: bytes) -> dict[str, object]:
    """Parse a JSON object. Raises Refused for another content type or another body."""
    _check_content_type("application/json", content_type)
    try:
        fields = json.loads(body)
    except ValueError as error:
        text = "We could not parse the JSON body of your request."
        raise Refused(text, code="invalid_json") from error
    if not isinstance(fields, dict):
        raise Refused("The JSON body must be an object.", code="invalid_json")
    return fields


def read_form(content_type: str, body: bytes) -> tuple[dict[str, object], list[Upload]]:
    """Parse text fields and file parts. Raises Refused if malformed, or if a text field repeats."""
    _check_content_type("multipart/form-data", content_type)
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise Refused("The form has no boundary.", code="invalid_form")
    fields: dict[str, object] = {}
    files: list[Upload] = []
    for part in _split_parts(b"--" + boundary[1].encode(), body):
        _add_part(part, fields, files)
    return fields, files


def _check_content_type(wanted: str, content_type: str) -> None:
    found = content_type.partition(";")[0].strip().lower()
    if found != wanted:
        text = f"Invalid Content-Type '{found}'. This endpoint takes '{wanted}'."
        raise Refused(text, code="unsupported_content_type")


def _split_parts(mark: bytes, body: bytes) -> list[bytes]:
    first, *parts = (b"\r\n" + body).split(b"\r\n" + mark)
    if first or not parts or not parts[-1].startswith(b"--"):
        raise Refused("The form does not begin and end with its boundary.", code="invalid_form")
    return parts[:-1]


def _add_part(part: bytes, fields: dict[str, object], files: list[Upload]) -> None:
    head, gap, data = part.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").replace("\r\n", "\n")
    name, filename, kind = _NAME.search(lines), _FILENAME.search(lines), _TYPE.search(lines)
    if not gap or name is None:
        raise Refused("A part of the form has no name or no body.", code="invalid_form")
    if filename is not None:
        files.append(Upload(name[1], filename[1], kind[1].lower() if kind else "", data))
    elif name[1] in fields:
        text = f"Duplicate parameter: '{name[1]}'."
        raise Refused(text, code="duplicate_parameter", param=name[1])
    else:
        fields[name[1]] = data.decode("utf-8", "replace")
