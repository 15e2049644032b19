"""Commands that list, report and delete. None of them spends money."""

import re
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.cli.options import answer_options

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput

AGE = re.compile(r"(\d{1,6})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@click.command()
@answer_options
def models(*, as_json: bool, env_file: Path | None) -> None:
    """List the models, what they can do and when they retire."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.model_results import catalog_entries, catalog_text

        listing = container.list_models()()
        return catalog_text(listing), catalog_entries(listing.catalog)

    _run(query, as_json=as_json, env_file=env_file, auto_provider="openai")


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
@answer_options
def usage(*, days: int, as_json: bool, env_file: Path | None) -> None:
    """Tell what was spent and saved by day and model, and what is left of each budget."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.usage_results import usage_result, usage_text

        await container.recover_jobs()()  # a process may have been killed since the last look
        report = await container.report_usage()(days)
        return usage_text(report), usage_result(report)

    _run(query, as_json=as_json, env_file=env_file)


@click.group()
def images() -> None:
    """Look at pictures that were made, and at jobs that are not settled; delete pictures."""


@images.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@answer_options
def images_list(*, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the latest pictures, and jobs that are open or of unknown outcome."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.listings import listing, listing_text

        await container.recover_jobs()()  # a process may have been killed since the last look
        found = await container.list_images()(limit=limit)
        return listing_text(found, limit), listing(found, limit)

    _run(query, as_json=as_json, env_file=env_file)


@images.command("delete")
@click.argument("id_", metavar="ID")
@answer_options
def images_delete(id_: str, *, as_json: bool, env_file: Path | None) -> None:
    """Delete the picture with this img_… ID for good."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.outputs import DeleteImageResult

        deleted = await container.delete_image()(id_)
        result = DeleteImageResult(id=id_, bytes=deleted.bytes)
        return f"Deleted {id_}: {deleted.bytes:,} bytes.", result

    _run(query, as_json=as_json, env_file=env_file)


@images.command("prune")
@click.option("--older-than", required=True, help="An age such as 12h, 30d or 8w.")
@answer_options
def images_prune(*, older_than: str, as_json: bool, env_file: Path | None) -> None:
    """Delete all pictures that are older than that for good."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.outputs import PruneResult

        deleted = await container.prune_images().older_than(_age(older_than))
        text = f"Deleted {deleted.images} picture(s), {deleted.bytes:,} bytes."
        return text, PruneResult(pictures=deleted.images, bytes=deleted.bytes)

    _run(query, as_json=as_json, env_file=env_file)


@click.group()
def cache() -> None:
    """Look at the answers that are kept for equal requests, or forget them."""


@cache.command("stats")
@answer_options
def cache_stats(*, as_json: bool, env_file: Path | None) -> None:
    """Tell what the cache on disk holds."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.cache_results import stats_result, stats_text

        tiers = await container.cache_stats()()
        return stats_text(tiers), stats_result(tiers)

    _run(query, as_json=as_json, env_file=env_file)


@cache.command("clear")
@answer_options
def cache_clear(*, as_json: bool, env_file: Path | None) -> None:
    """Forget all kept answers; pictures stay."""

    async def query(container: "Container") -> "CommandOutput":
        from entrypoints.wire.cache_results import cleared_result, cleared_text

        cleared = await container.clear_cache()()
        return cleared_text(cleared), cleared_result(cleared)

    _run(query, as_json=as_json, env_file=env_file)


def _run(
    query: Callable[["Container"], Awaitable["CommandOutput"]],
    *,
    as_json: bool,
    env_file: Path | None,
    auto_provider: str = "auto",
) -> None:
    with collector_paused():
        from entrypoints.cli.runner import run_query

    sys.exit(run_query(query, as_json=as_json, env_file=env_file, auto_provider=auto_provider))


def _age(text: str) -> timedelta:
    """Hours, days or weeks; raise InvalidRequest for anything else."""
    from domain.errors import InvalidRequest

    match = AGE.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            f"{text[:20]!r} is no age.", field="older-than", hint="Write 12h, 30d or 8w."
        )
    return int(match[1]) * UNITS[match[2]]
