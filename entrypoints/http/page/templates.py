"""The templates of the page at `/`."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> bytes:
    """HTML of a template in `templates/`; every value is escaped, and a missing one is an error."""
    return _environment().get_template(template).render(**values).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        enable_async=False,
    )
