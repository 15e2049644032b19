"""The view of the latest log lines of this process."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from litestar import get
from litestar.types import ASGIApp

from entrypoints.http.page.responses import json_document
from entrypoints.http.page.view import Values, View, show
from entrypoints.http.request_context import AnyRequest, container_of
from entrypoints.wire.outputs import to_json

OWN_PATH = ("path", "/page/log/lines")
"""What the view itself adds to the log of requests every few seconds."""
LEVELS = frozenset({"debug", "info", "warning", "error"})


class LogLine(NamedTuple):
    """A line of the log; of one for people, `text` is the whole line."""

    at: str
    level: str
    text: str
    facts: Sequence[tuple[str, str]]


async def _values(request: AnyRequest) -> Values:
    container = container_of(request)
    lines = [_read(line) for line in reversed(container.log_writer().recent())]
    others = [line for line in lines if OWN_PATH not in line.facts]
    return {"lines": others, "level": container.settings().log_level}


@get("/page/log/lines")
async def log_lines(request: AnyRequest) -> ASGIApp:
    """The lines as they are now."""
    return show(request, "log_lines.html", await _values(request))


@get("/page/log/json")
async def log_json(request: AnyRequest) -> ASGIApp:
    """The lines as they were written, the oldest first."""
    return json_document(to_json({"lines": container_of(request).log_writer().recent()}))


def _read(line: str) -> LogLine:
    try:
        facts = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:  # LOG_FORMAT=console, or a line that was cut
        return LogLine("", "", line, ())
    at, level, text = (str(facts.pop(name, "")) for name in ("timestamp", "level", "event"))
    shown = [(name, _text(value)) for name, value in facts.items()]
    return LogLine(at, level if level in LEVELS else "", text, shown)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


VIEW = View(
    name="log",
    title="Log",
    values=_values,
    json="page/log/json",
    parts=(log_lines, log_json),
)
