"""Commands that delete images and bring them back. None of them spends money."""

import re
import sys
from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.suggestions import StoredId

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput

AGE = re.compile(r"(\d{1,6})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
UNDO_LAST = "gpt-image images restore last"


def finite(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """The option's value; click takes `nan` and `inf` for numbers."""
    if value is not None and not isfinite(value):
        raise click.BadParameter("It must be a number.")
    return value


yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@query(name="delete")
@click.argument("id_", type=StoredId("images"), metavar="ID")
@examples("gpt-image images delete img_01234567")
async def images_delete(container: "Container", *, id_: str) -> "CommandOutput":
    """Move the image with this ID, whole or short, or file name to the trash."""
    from domain.jobs import LOCAL
    from entrypoints.jobs.image_references import find_image_id
    from entrypoints.wire.trash_results import deletion, deletion_text

    # `last` is not taken: another client may have generated an image meanwhile
    id_ = await find_image_id(id_, container, LOCAL, newest=False)
    undo = f"gpt-image images restore {id_}"
    deleted = await container.delete_image()(id_)
    return deletion_text(id_, deleted, undo=undo), deletion(id_, deleted, undo=undo)


@query(name="restore")
@click.argument("ids", type=StoredId("trash"), metavar="[ID]... | last", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Restore everything in the trash.")
@examples("gpt-image images restore last", "gpt-image images restore img_01234567")
async def images_restore(
    container: "Container", *, ids: tuple[str, ...], everything: bool
) -> "CommandOutput":
    """Bring deleted images back: by their IDs or file names, or what was deleted last."""
    from domain.errors import InvalidRequest
    from domain.jobs import LOCAL
    from entrypoints.jobs.image_references import find_image_id, naming_images
    from entrypoints.wire.trash_results import RestoreResult, restored_text

    restore = container.restore_image()
    if everything == bool(ids):
        raise InvalidRequest(
            "Say what to restore.", field="ID", hint="Use IDs, the word last, or --all."
        )
    if everything:
        restored = [*await restore.all(owner=None)]
    elif ids == ("last",):
        restored = [*await restore.last(owner=None)]
    else:
        restored = [
            await find_image_id(id_, container, LOCAL, newest=False, trashed=True) for id_ in ids
        ]
        async with naming_images(container, LOCAL, trashed=True):
            for id_ in restored:
                await restore(id_)
    return restored_text(restored), RestoreResult(restored=restored)


@query(name="prune")
@click.option("--older-than", metavar="AGE", help="For example 12h, 30d or 8w.")
@click.option(
    "--max-size",
    type=float,
    metavar="MB",
    callback=finite,
    help="Megabytes to keep; the oldest images go, but none of the last hour.",
)
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@yes_option
@examples(
    "gpt-image images prune --older-than 30d --dry-run", "gpt-image images prune --max-size 500"
)
async def images_prune(
    container: "Container",
    *,
    older_than: str | None,
    max_size: float | None,
    dry_run: bool,
    yes: bool,
) -> "CommandOutput":
    """Move the oldest images to the trash, by age or by size.

    It lists them and asks first.
    """
    from domain.counts import count
    from entrypoints.wire import trash_results as wire

    prune = container.prune_images()
    if max_size is not None and older_than is None:
        found = await prune.beyond(round(max_size * 1_000_000))
    else:
        found = await prune.older_than(_age(older_than, max_size))
    listed = wire.prune_candidates_text(found, by_size=max_size is not None)
    if dry_run or not found:
        return listed, wire.prune_candidates(found)
    if not yes:
        _ask(listed, "Move them to the trash?", if_unasked="moved")
    deleted = await prune(found)
    text = wire.deletion_text(count(deleted.images, "image"), deleted, undo=UNDO_LAST)
    return text, wire.prune_result(deleted, undo=UNDO_LAST)


@query(name="empty-trash")
@yes_option
@examples("gpt-image images empty-trash")
async def images_empty_trash(container: "Container", *, yes: bool) -> "CommandOutput":
    """Delete the images in the trash for good, to free disk space."""
    from domain.counts import count
    from entrypoints.wire.trash_results import EmptyTrashResult, trash_text

    entries = await container.list_trash()(owner=None)
    if entries and not yes:
        listed = trash_text(entries, container.clock().now())
        _ask(listed, "Delete them for good?", if_unasked="deleted")
    emptied = await container.empty_trash()()
    deleted = f"Deleted {count(emptied.images, 'image')} for good: {emptied.bytes:,} bytes."
    text = deleted if emptied.images else "The trash is empty."
    return text, EmptyTrashResult(images=emptied.images, bytes=emptied.bytes)


def _ask(listed: str, question: str, *, if_unasked: str) -> None:
    """Show what would go and ask; raise InvalidRequest without a terminal, Canceled for a no."""
    from domain.errors import Canceled, InvalidRequest

    click.echo(listed, err=True)
    if not sys.stdin.isatty():
        raise InvalidRequest(
            f"Nothing was {if_unasked}: there is no terminal to ask at.",
            field="yes",
            hint="Add --yes to go ahead.",
        )
    if not click.confirm(question, err=True):
        raise Canceled(f"Nothing was {if_unasked}.")


def _age(text: str | None, max_size: float | None) -> timedelta:
    """Hours, days or weeks; raise InvalidRequest for anything else."""
    from domain.errors import InvalidRequest

    hint = "Use --older-than 12h, 30d or 8w, or --max-size with megabytes."
    if text is None or max_size is not None:
        raise InvalidRequest(
            "Say what to prune: by age, or by size.", field="older-than", hint=hint
        )
    match = AGE.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest(f"{text[:20]!r} is not a valid age.", field="older-than", hint=hint)
    return int(match[1]) * UNITS[match[2]]
