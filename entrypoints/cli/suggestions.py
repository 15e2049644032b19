"""Values that the shell completes. They are suggestions: the arguments are checked in one place.

A shell asks for them by running the command, so a suggestion that fails for any reason is left out.
"""

from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:  # loaded only when a shell asks
    from click.shell_completion import CompletionItem


class Suggested(click.ParamType[str]):
    """Any text; the shell completes these values."""

    name = "text"

    def __init__(self, *values: str) -> None:
        self.values = values

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """The values that begin with what was typed."""
        return _items([each for each in self.values if each.startswith(incomplete)])


class ModelName(click.ParamType[str]):
    """A model; the shell completes the names in the catalog."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """The names in the catalog that begin with what was typed."""
        from entrypoints.cli.completion import model_names

        return _items([name for name in model_names() if name.startswith(incomplete)])


class ImageReference(click.ParamType[str]):
    """A file or a stored image; the shell completes `last`, IDs from `img_` on, and files."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """Stored images if what was typed begins like an ID, and files otherwise."""
        from click.shell_completion import CompletionItem

        words = [word for word in ("last", "img_") if incomplete and word.startswith(incomplete)]
        if incomplete.startswith("img_"):
            from entrypoints.cli.completion import image_ids

            words = [id_ for id_ in image_ids() if id_.startswith(incomplete)]
        return [*_items(words), CompletionItem(incomplete, type="file")]


def _items(values: list[str]) -> list["CompletionItem"]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(value) for value in values]
