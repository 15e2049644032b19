"""Options that commands share, and their names in error messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

F = TypeVar("F", bound=Callable[..., Any])

env_file_option = click.option(
    "--env-file", type=click.Path(path_type=Path), help="Load settings from this .env file."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
GENERATION_OPTIONS = (
    click.option("--size", default="1024x1024", show_default=True, help="WIDTHxHEIGHT or auto."),
    click.option(
        "--quality",
        default="auto",
        show_default=True,
        help="low, medium, high, xhigh, max or auto.",
    ),
    click.option("--format", default="png", show_default=True, help="png, jpeg, webp or auto."),
    click.option(
        "--background", default="auto", show_default=True, help="transparent, opaque or auto."
    ),
    click.option("--compression", "output_compression", type=int, help="0-100, for jpeg and webp."),
    click.option("--moderation", default="auto", show_default=True, help="auto or low."),
    click.option("-n", "n", type=int, default=1, show_default=True, help="Number of images (1-4)."),
    click.option("--partials", "partialImages", type=int, help="Number of previews (1-3)."),
    click.option("--model", help="Omit for the default model."),
    click.option("--fresh", is_flag=True, help="Skip the cache and generate a new image."),
)
OPTION_BY_FIELD = {
    "prompt": "PROMPT",
    "ID": "ID",
    "n": "-n",
    "images": "-i",
    "output_compression": "--compression",
    "partialImages": "--partials",
}
"""Options whose names differ from the field that an error names."""


def generation_options(command: F) -> F:
    """Add the options of generating and editing, in the order of the help text."""
    for option in reversed(GENERATION_OPTIONS):
        command = option(command)
    return command


def option_for(field: str) -> str:
    """The option that sets a field, for an entry of a list such as `images[0]` too."""
    name = field.partition("[")[0]
    return OPTION_BY_FIELD.get(name, f"--{name}")
