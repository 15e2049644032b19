"""Consoles whose encoding lacks letters: Windows code pages, cron, redirected output."""

import sys
from io import TextIOWrapper


def replace_missing_letters() -> None:
    """Make the console print `?` for a letter that its encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
