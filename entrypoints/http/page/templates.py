"""The templates of the page at `/`."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.money.amounts import dollars
from domain.untrusted_text import several_lines, single_line

FOLDER = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> bytes:
    """HTML of a template in `templates/`; every value is escaped, and a missing one is an error."""
    return _environment().get_template(template).render(**values).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        enable_async=False,
    )
    environment.filters |= {
        "shorten": single_line,
        "lines": several_lines,
        "moment": moment,
        "dollars": dollars,
        "json": to_json,
    }
    return environment


def moment(at: datetime) -> str:
    """A time to the minute, in UTC; the page's script shows it in the reader's own time zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def to_json(value: object) -> str:
    """JSON as text, which is escaped where it is shown."""
    return msgspec.json.encode(value).decode()
