"""Prints what people should know about the variables that a command has read."""

import sys
from typing import Protocol


class HasNotes(Protocol):
    """Settings as `load_settings` returns them."""

    @property
    def notes(self) -> tuple[str, ...]: ...


def print_notes(settings: HasNotes) -> None:
    """Print each note as a line on standard error."""
    for note in settings.notes:
        print(f"Note: {note}", file=sys.stderr)
