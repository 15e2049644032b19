"""Commands that list, report and delete. None of them spends money."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput

AGE = re.compile(r"(\d{1,6})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
DAYS = click.IntRange(1, 3660)
LIMIT = click.IntRange(1, 100)


@query(auto_provider="openai")
async def models(container: "Container") -> "CommandOutput":
    """List the models, their capabilities and retirement dates."""
    from entrypoints.wire.model_results import catalog_entries, catalog_text

    listing = container.list_models()()
    return catalog_text(listing), catalog_entries(listing)


@query()
@click.option("--days", type=DAYS, default=30, show_default=True, help="Days, including today.")
async def usage(container: "Container", *, days: int) -> "CommandOutput":
    """Show spending and savings by day and model, and remaining budgets."""
    from entrypoints.wire.usage_results import usage_result, usage_text

    await container.recover_jobs()()  # a process may have been killed since the last command
    report = await container.report_usage()(days)
    return usage_text(report), usage_result(report)


@click.group()
def images() -> None:
    """List and delete images; list unfinished jobs."""


@query(images, "list")
@click.option("--limit", type=LIMIT, default=20, show_default=True, help="Number of images.")
async def images_list(container: "Container", *, limit: int) -> "CommandOutput":
    """List the latest images, and jobs that are unfinished or whose outcome is unknown."""
    from entrypoints.wire.listings import listing, listing_text

    await container.recover_jobs()()  # a process may have been killed since the last command
    found = await container.list_images()(limit=limit)
    return listing_text(found, limit), listing(found, limit)


@query(images, "delete")
@click.argument("id_", metavar="ID")
async def images_delete(container: "Container", *, id_: str) -> "CommandOutput":
    """Permanently delete the image with this img_… ID."""
    from entrypoints.wire.outputs import DeleteImageResult

    deleted = await container.delete_image()(id_)
    result = DeleteImageResult(id=id_, bytes=deleted.bytes)
    return f"Deleted {id_}: {deleted.bytes:,} bytes.", result


@query(images, "prune")
@click.option("--older-than", required=True, help="Age, e.g. 12h, 30d, 8w.")
async def images_prune(container: "Container", *, older_than: str) -> "CommandOutput":
    """Permanently delete images older than the given age."""
    from domain.counts import count
    from entrypoints.wire.outputs import PruneResult

    deleted = await container.prune_images().older_than(_age(older_than))
    text = f"Deleted {count(deleted.images, 'image')}, {deleted.bytes:,} bytes."
    return text, PruneResult(images=deleted.images, bytes=deleted.bytes)


@click.group()
def cache() -> None:
    """Show or clear the cache."""


@query(cache, "stats")
async def cache_stats(container: "Container") -> "CommandOutput":
    """Show what the disk cache holds."""
    from entrypoints.wire.cache_results import stats_result, stats_text

    tiers = await container.cache_stats()()
    return stats_text(tiers), stats_result(tiers)


@query(cache, "clear")
async def cache_clear(container: "Container") -> "CommandOutput":
    """Clear the cache. Stored images are kept."""
    from entrypoints.wire.cache_results import cleared_result, cleared_text

    cleared = await container.clear_cache()()
    return cleared_text(cleared), cleared_result(cleared)


def _age(text: str) -> timedelta:
    """Hours, days or weeks; raise InvalidRequest for anything else."""
    from domain.errors import InvalidRequest

    match = AGE.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            f"{text[:20]!r} is not a valid age.", field="older-than", hint="Use 12h, 30d or 8w."
        )
    return int(match[1]) * UNITS[match[2]]
