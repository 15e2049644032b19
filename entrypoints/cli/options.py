"""Options that commands share, and their names in error messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from entrypoints.cli.suggestions import DefinedName, ModelName, PresetValue, Suggested

F = TypeVar("F", bound=Callable[..., Any])

INPUT, PROMPT, IMAGE, OUTPUT, OTHER = "Input images", "Prompt", "Image", "Output", "Options"
"""The groups of options in the help of `generate` and `edit`."""

env_file_option = click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    panel=OTHER,
    help="Load settings from this .env file.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, panel=OTHER, help="Print the result as JSON."
)
GENERATION_OPTIONS = (
    click.option(
        "--preset",
        type=DefinedName("preset"),
        metavar="NAME",
        panel=PROMPT,
        help="Fill in this preset; PROMPT may be left out, or adds to it. See `gpt-image presets`.",
    ),
    click.option(
        "--set",
        "set_",
        type=PresetValue(),
        multiple=True,
        metavar="NAME=VALUE",
        panel=PROMPT,
        help="A value for the preset; can be repeated.",
    ),
    click.option(
        "--style",
        type=DefinedName("style"),
        metavar="NAME",
        panel=PROMPT,
        help="Add this style, which a series of images shares. See `gpt-image styles`.",
    ),
    click.option(
        "--size",
        type=Suggested(
            "square", "landscape", "portrait", "16:9", "hd", "2k", "4k", "1024x1024", "auto"
        ),
        metavar="SIZE",
        panel=IMAGE,
        help="WIDTHxHEIGHT, landscape, 16:9, 4k …, or auto. "
        "[default: 1024x1024; edit: the first image's shape]",
    ),
    click.option(
        "--quality",
        type=Suggested("low", "medium", "high", "xhigh", "max", "auto"),
        metavar="QUALITY",
        panel=IMAGE,
        help="low, medium, high, xhigh, max or auto. [default: auto]",
    ),
    click.option(
        "--format",
        type=Suggested("png", "jpeg", "webp", "avif", "auto"),
        metavar="FORMAT",
        panel=IMAGE,
        help="png, jpeg, webp, avif or auto. [default: the extension of -o, or png]",
    ),
    click.option(
        "--background",
        type=Suggested("transparent", "opaque", "auto"),
        metavar="KIND",
        panel=IMAGE,
        help="transparent, opaque or auto. [default: auto]",
    ),
    click.option(
        "--compression",
        "output_compression",
        type=int,
        metavar="0-100",
        panel=IMAGE,
        help="For jpeg, webp and avif. [default: by quality]",
    ),
    click.option(
        "--moderation",
        type=Suggested("auto", "low"),
        metavar="LEVEL",
        panel=IMAGE,
        help="auto or low. [default: auto]",
    ),
    click.option(
        "-n",
        "n",
        type=int,
        metavar="1-4",
        panel=IMAGE,
        help="Number of images. [default: 1]",
    ),
    click.option(
        "--deliver",
        metavar="SIZE",
        panel=IMAGE,
        help="Also make a copy this small: 800x600, or '800x600 cover', which crops.",
    ),
    click.option(
        "--model",
        type=ModelName(),
        metavar="MODEL",
        panel=IMAGE,
        help="See `gpt-image models`. [default: IMAGE_MODEL]",
    ),
    click.option(
        "--fallback",
        type=ModelName(),
        metavar="MODEL",
        panel=IMAGE,
        help="Ask it if the first one fails uncharged, or none. [default: FALLBACK]",
    ),
    click.option(
        "--conversation",
        "conversationId",
        metavar="NAME",
        panel=IMAGE,
        help="Make this a turn of a conversation; edit then takes its last image.",
    ),
    click.option(
        "--context",
        "maxContextEntries",
        type=int,
        metavar="1-10",
        panel=IMAGE,
        help="Build on that many earlier turns of the conversation.",
    ),
    click.option(
        "--fresh", is_flag=True, panel=IMAGE, help="Skip the cache and generate a new image."
    ),
    click.option(
        "--yes",
        "confirm",
        is_flag=True,
        panel=IMAGE,
        help="Agree to a cost above CONFIRM_ABOVE_USD.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(allow_dash=True),
        metavar="PATH",
        panel=OUTPUT,
        help="Also save the image to this file or folder; - is standard output.",
    ),
    click.option(
        "--force", is_flag=True, panel=OUTPUT, help="Replace the file of -o if it exists."
    ),
    click.option(
        "--open", "open_", is_flag=True, panel=OUTPUT, help="Open the image when it is done."
    ),
    click.option(
        "--partials",
        "partialImages",
        type=int,
        metavar="1-3",
        panel=OUTPUT,
        help="Save that many previews of the unfinished image, and show them if the terminal can.",
    ),
    click.option("-q", "--quiet", is_flag=True, panel=OUTPUT, help="Show no progress."),
)
OPTION_BY_FIELD = {
    "prompt": "PROMPT",
    "arguments": "--set",
    "ID": "ID",
    "id": "ID",
    "n": "-n",
    "conversationId": "--conversation",
    "useContext": "--context",
    "confirm": "--yes",
    "maxContextEntries": "--context",
    "images": "-i",
    "output": "-o",
    "output_compression": "--compression",
    "partialImages": "--partials",
}
"""Options whose names differ from the field that an error names."""


def generation_options(command: F) -> F:
    """Add the options of generating and editing, in the order of the help text."""
    for option in reversed(GENERATION_OPTIONS):
        command = option(command)
    for panel in (OTHER, OUTPUT, IMAGE, PROMPT, INPUT):
        command = click.option_panel(panel)(command)
    return command


def option_for(field: str) -> str:
    """The option that sets a field, for an entry of a list such as `images[0]` too."""
    name = field.partition("[")[0]
    return OPTION_BY_FIELD.get(name, f"--{name}")
