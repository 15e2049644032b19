"""Options that commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

F = TypeVar("F", bound=Callable[..., Any])

env_file_option = click.option(
    "--env-file", type=click.Path(path_type=Path), help="Read settings from here."
)
ANSWER_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    env_file_option,
)
GENERATION_OPTIONS = (
    click.option("--size", default="1024x1024", show_default=True, help="WIDTHxHEIGHT or auto."),
    click.option("--quality", default="auto", show_default=True, help="low … max, or auto."),
    click.option("--format", default="png", show_default=True, help="png, jpeg, webp or auto."),
    click.option("--background", default="auto", show_default=True, help="transparent or opaque."),
    click.option("--compression", "output_compression", type=int, help="0-100, jpeg and webp."),
    click.option("--moderation", default="auto", show_default=True, help="auto or low."),
    click.option("-n", "n", type=int, default=1, show_default=True, help="How many, 1-4."),
    click.option("--partials", "partialImages", type=int, help="Real previews, 1-3."),
    click.option("--model", help="Leave out for the default model."),
    click.option("--fresh", is_flag=True, help="A new picture even if an equal one is known."),
    *ANSWER_OPTIONS,
)


def _with_options(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """A decorator that adds these options to a command, in this order."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


generation_options = _with_options(*GENERATION_OPTIONS)
answer_options = _with_options(*ANSWER_OPTIONS)
