"""Tables as plain text, for clients that are no terminals."""

from io import StringIO

from rich.console import Console

WIDTH = 100
"""Columns."""


def plain_console() -> Console:
    """A console that prints no colors and no escape sequences, whatever this process runs in."""
    return Console(file=StringIO(), width=WIDTH, color_system=None, force_terminal=False)
