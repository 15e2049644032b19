"""Values that the shell completes. They are suggestions: the arguments are checked in one place.

A shell asks for them by running the command, so a suggestion that fails for any reason is left out.
"""

from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.known_names import (
    Defined,
    Kind,
    defined_names,
    model_names,
    preset_values,
    stored_ids,
)

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
        return _items([name for name in model_names() if name.startswith(incomplete)])


class DefinedName(click.ParamType[str]):
    """A preset or a style; the shell completes the names that exist."""

    name = "text"

    def __init__(self, kind: Defined) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """The names that begin with what was typed."""
        return _items([name for name in defined_names(self.kind) if name.startswith(incomplete)])


class PresetValue(click.ParamType[str]):
    """`name=value` of a preset; the shell completes the names, then the values that are offered."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """The arguments of the preset that was named before, or the values of one of them."""
        values = preset_values(ctx.params.get("preset") or "")
        return _items([value for value in values if value.startswith(incomplete)])


class ImageReference(click.ParamType[str]):
    """A file or a stored image; the shell completes `last`, IDs from `img_` on, and files."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """Names of stored images if what was typed begins like one, and files.

        Bash forgets the words before an item that means files, so the files are words then.
        """
        from click.shell_completion import CompletionItem

        words = [word for word in ("last", "img_") if incomplete and word.startswith(incomplete)]
        if incomplete.startswith("img_"):
            words = _stored("images", incomplete)
        # Such a word has no folder in it.
        files = sorted(path.name for path in Path().glob(f"{escape(incomplete)}*")) if words else []
        return _items([*words, *files]) or [CompletionItem(incomplete, type="file")]


class StoredId(click.ParamType[str]):
    """The ID of a stored image, of a deleted one, or of a job; the shell completes the latest."""

    name = "text"

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list["CompletionItem"]:
        """The short IDs that begin with what was typed."""
        return _items(_stored(self.kind, incomplete))


def _stored(kind: Kind, incomplete: str) -> list[str]:
    return [id_ for id_ in stored_ids(kind) if id_.startswith(incomplete)]


def _items(values: list[str]) -> list["CompletionItem"]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(value) for value in values]
