"""The commands about presets and styles. None of them spends money."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.suggestions import DefinedName

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput


@click.group()
@examples("gpt-image presets list", "gpt-image presets show logo")
def presets() -> None:
    """List presets: prompts to fill in, for `generate` and `edit` with --preset."""


@query(presets, "list", auto_provider="sketch")
@examples("gpt-image presets list", "gpt-image presets list --json")
async def presets_list(container: "Container") -> "CommandOutput":
    """List the presets of the package and of PRESETS_DIR, and files that cannot be used."""
    from entrypoints.wire.preset_results import presets_result, presets_text

    found = await container.list_presets()()
    return presets_text(found), presets_result(found)


@query(presets, "show", auto_provider="sketch")
@click.argument("name", type=DefinedName("preset"), metavar="NAME")
@examples("gpt-image presets show logo")
async def presets_show(container: "Container", *, name: str) -> "CommandOutput":
    """Show the arguments, the options and the template of a preset."""
    from entrypoints.wire.preset_results import preset_facts, preset_text

    preset = (await container.list_presets()()).get(name)
    return preset_text(preset), preset_facts(preset)


@click.group()
@examples("gpt-image styles list", "gpt-image styles show ink")
def styles() -> None:
    """List styles: what a series of images shares, for `generate` and `edit` with --style.

    A style is a TOML file in the folder styles of PRESETS_DIR.
    """


@query(styles, "list", auto_provider="sketch")
@examples("gpt-image styles list", "gpt-image styles list --json")
async def styles_list(container: "Container") -> "CommandOutput":
    """List the styles of PRESETS_DIR, and files that cannot be used."""
    from entrypoints.wire.preset_results import styles_result, styles_text

    found = await container.list_styles()()
    folder = container.settings().presets_folder / "styles"
    where = "" if found.by_name else f"\nA style is a TOML file in {folder}."
    return styles_text(found) + where, styles_result(found)


@query(styles, "show", auto_provider="sketch")
@click.argument("name", type=DefinedName("style"), metavar="NAME")
@examples("gpt-image styles show ink")
async def styles_show(container: "Container", *, name: str) -> "CommandOutput":
    """Show the text, the palette and the reference images of a style."""
    from entrypoints.wire.preset_results import style_facts, style_text

    style = (await container.list_styles()()).get(name)
    return style_text(style), style_facts(style)
