"""Commands that list and report. None of them spends money."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.suggestions import StoredId

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput

DAYS = click.IntRange(1, 3660)
LIMIT = click.IntRange(1, 100)


@query(auto_provider="openai")
@click.option("--check", is_flag=True, help="Compare them with those that the endpoint lists.")
@examples("gpt-image models", "gpt-image models --json", "gpt-image models --check")
async def models(container: "Container", *, check: bool) -> "CommandOutput":
    """List the models, their capabilities and retirement dates.

    --check asks the endpoint for its list, which costs nothing. The exit code is 5 if the default
    model is missing there or retired.
    """
    if check:
        return await _check_models(container)
    from entrypoints.wire.model_results import catalog_entries
    from entrypoints.wire.model_tables import catalog_text

    listing = container.list_models()()
    return catalog_text(listing), catalog_entries(listing)


async def _check_models(container: "Container") -> "CommandOutput":
    from domain.provider_errors import ModelNotFound
    from entrypoints.wire.error_codes import EXIT_CODES
    from entrypoints.wire.model_check import model_check_result, model_check_text

    check = await container.check_models()()
    exit_code = EXIT_CODES[ModelNotFound] if check.problems else 0
    return model_check_text(check), model_check_result(check), exit_code


@query()
@click.option(
    "--days",
    type=DAYS,
    metavar="N",
    default=30,
    show_default=True,
    help="Days, including today.",
)
@click.option(
    "--by",
    type=click.Choice(["day", "hour", "model", "owner", "client", "action", "outcome"]),
    help="Show a chart of this instead: costs, cache hits and seconds.",
)
@click.option(
    *("--format", "form"),
    type=click.Choice(["json", "csv"]),
    help="With --by: print JSON, or CSV for spreadsheets.",
)
@examples(
    "gpt-image usage --days 7",
    "gpt-image usage --json",
    "gpt-image usage --by client",
    "gpt-image usage --by day --format csv > usage.csv",
)
async def usage(
    container: "Container", *, days: int, by: str | None, form: str | None
) -> "CommandOutput":
    """Show spending and savings by day and model, and remaining budgets."""
    from domain.errors import InvalidRequest
    from entrypoints.wire.usage_results import usage_result
    from entrypoints.wire.usage_tables import usage_text

    await container.recover_jobs()()  # a process may have been killed since the last command
    if by is not None:
        return await _usage_by(container, by, days, form)
    if form is not None:
        hint = "Add --by day, for example; --json prints this report as JSON."
        raise InvalidRequest("--format needs --by.", field="format", hint=hint)
    report = await container.report_usage()(days)
    return usage_text(report), usage_result(report)


async def _usage_by(
    container: "Container", by: str, days: int, form: str | None
) -> "CommandOutput":
    from domain.money.usage_breakdown import Dimension
    from entrypoints.wire.outputs import to_json
    from entrypoints.wire.usage_analysis import analysis_csv, analysis_result
    from entrypoints.wire.usage_chart import chart_text

    analysis = await container.analyze_usage()(Dimension(by), days)
    result = analysis_result(analysis)
    if form == "csv":
        return analysis_csv(analysis).replace("\r\n", "\n").rstrip("\n"), result
    return to_json(result).decode() if form == "json" else chart_text(analysis), result


@click.group()
@examples(
    "gpt-image images list", "gpt-image images add photo.jpg", "gpt-image images restore last"
)
def images() -> None:
    """List, add, delete and restore images; list unfinished jobs."""


@query(images, "list")
@click.option(
    "--limit", type=LIMIT, metavar="N", default=20, show_default=True, help="Number of images."
)
@click.option("--trash", is_flag=True, help="Deleted images instead, and the time they have left.")
@click.option(
    "--cursor", metavar="CURSOR", help="The next page: the cursor at the end of the last one."
)
@click.option("--search", metavar="WORDS", help="Only images whose prompts have all words.")
@click.option("--model", metavar="MODEL", help="Only images of this model and its snapshots.")
@click.option("--since", metavar="TIME", help="Only images since then: 2026-11-27, 7d, yesterday.")
@click.option("--before", metavar="TIME", help="Only images from before that date or time.")
@examples(
    "gpt-image images list --limit 5",
    "gpt-image images list --search fox --since 7d",
    "gpt-image images list --trash",
)
async def images_list(
    container: "Container", *, limit: int, trash: bool, **query: str | None
) -> "CommandOutput":
    """List the latest images, and jobs that are unfinished or whose outcome is unknown.

    A terminal gets a table with short IDs; a pipe gets lines with whole IDs and paths.
    """
    from rich.console import Console

    from domain.errors import InvalidRequest
    from entrypoints.cli.tables import listing_table
    from entrypoints.wire.image_filters import read_query
    from entrypoints.wire.listings import listing, listing_text
    from entrypoints.wire.trash_results import trash_result, trash_text

    await container.recover_jobs()()  # a process may have been killed since the last command
    now = container.clock().now()
    if trash and any(query.values()):
        raise InvalidRequest(
            "The trash is listed as a whole.", field="trash", hint="Leave the other options out."
        )
    if trash:
        await container.empty_trash().expired()
        entries = (await container.list_trash()(owner=None))[:limit]
        return trash_text(entries, now), trash_result(entries)
    wanted = read_query(now=now.astimezone(), **query)
    found = await container.list_images()(
        limit=limit, cursor=wanted.cursor, matching=wanted.matching
    )
    result, console = listing(found, limit, query=wanted), Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return listing_table(result, console), result
    return listing_text(result, wanted), result


@query(images, "show")
@click.argument("id_", type=StoredId("images"), metavar="ID")
@click.option("--recipe", is_flag=True, help="Show the call that made it, as JSON.")
@examples("gpt-image images show last", "gpt-image images show img_01234567 --recipe")
async def images_show(container: "Container", *, id_: str, recipe: bool) -> "CommandOutput":
    """Show what is recorded of an image, by its ID, whole or short, or file name."""
    import msgspec

    from domain.jobs import LOCAL
    from entrypoints.jobs.image_references import find_image_id
    from entrypoints.wire.listings import image_text, listed_image
    from entrypoints.wire.recipes import recipe_call, recipe_result

    image_id = await find_image_id(id_, container, LOCAL)
    if recipe:
        call = recipe_result(await container.get_recipe()(image_id))
        return recipe_call(call), call
    found = await container.describe_image()(image_id, owner=LOCAL)
    listed = listed_image(found.record, found.recorded)
    return image_text(listed), msgspec.to_builtins(listed)


@click.group()
@examples("gpt-image cache stats", "gpt-image cache clear")
def cache() -> None:
    """Show or clear the cache."""


@query(cache, "stats")
@examples("gpt-image cache stats --json")
async def cache_stats(container: "Container") -> "CommandOutput":
    """Show what the disk cache holds."""
    from entrypoints.wire.cache_results import stats_result, stored_text

    tiers = await container.cache_stats()()
    return stored_text(tiers), stats_result(tiers)


@query(cache, "clear")
@examples("gpt-image cache clear")
async def cache_clear(container: "Container") -> "CommandOutput":
    """Clear the cache. Stored images are kept."""
    from entrypoints.wire.cache_results import cleared_result, cleared_text

    cleared = await container.clear_cache()()
    return cleared_text(cleared), cleared_result(cleared)
