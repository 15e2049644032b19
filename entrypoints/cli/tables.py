"""Lists as tables, for a terminal. A pipe gets the plain lines, which have every fact."""

from datetime import datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from domain.untrusted_text import single_line
from entrypoints.wire.listings import STATE_TEXT, shown_words
from entrypoints.wire.outputs import ListedImage, ListImagesResult
from entrypoints.wire.short_ids import SHORT_LENGTH, short_id

MAX_PROMPT = 200
TIME_LENGTH = len("2026-11-27 11:00")
NARROW = 70
"""Columns below which a table has the IDs and the prompts only."""


def listing_table(found: ListImagesResult, console: Console) -> str:
    """The images and the unsettled jobs, as wide as the console; the times are local."""
    narrow = console.width < NARROW
    with console.capture() as captured:
        if found.images:
            console.print(_images(found, narrow=narrow))
        else:
            console.print("No images.")
        if found.jobs:
            console.print(_jobs(found, narrow=narrow))
        if found.next_cursor:
            console.print(f"There are more: --cursor {found.next_cursor}", soft_wrap=True)
    return captured.get().rstrip()


def _images(found: ListImagesResult, *, narrow: bool) -> Table:
    table = _table(*([] if narrow else ["created", "size"]), first="image")
    for image in found.images:
        size = f"{image.width}x{image.height} {image.format}" if image.width else image.format
        facts = [] if narrow else [_local(image.made_at), size]
        table.add_row(_linked_id(image), *facts, _text(shown_words(image)))
    return table


def _jobs(found: ListImagesResult, *, narrow: bool) -> Table:
    table = _table(*([] if narrow else ["created", "state"]), first="job")
    for job in found.jobs:
        facts = [] if narrow else [_local(job.created_at), STATE_TEXT.get(job.state, job.state)]
        table.add_row(short_id(job.job_id), *facts, _text(job.prompt))
    return table


def _table(*facts: str, first: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column(first, no_wrap=True, min_width=SHORT_LENGTH)
    for heading in facts:
        is_time = heading == "created"
        table.add_column(heading, no_wrap=is_time, min_width=TIME_LENGTH if is_time else None)
    table.add_column("prompt", no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def _linked_id(image: ListedImage) -> Text:
    """The short ID; in terminals with hyperlinks, a link to the file."""
    link = Style(link=Path(image.path).as_uri()) if image.path else Style()
    return Text(short_id(image.id), style=link)


def _local(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"


def _text(prompt: str) -> Text:
    """As Text: the prompt may come from another client, and Rich must not read it as markup."""
    return Text(single_line(prompt, MAX_PROMPT))
