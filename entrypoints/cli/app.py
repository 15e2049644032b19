"""The command line. Loads what a command needs only when that command runs."""

import sys
from pathlib import Path

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.version import version
from entrypoints.cli.options import answer_options, generation_options
from entrypoints.config.settings_error import SettingsError


@click.group(invoke_without_command=True)
@click.version_option(version(), prog_name="mcp-server-gpt-image")
@click.pass_context
def cli(context: click.Context) -> None:
    """Generate and edit pictures with OpenAI's GPT Image models.

    Without a command it serves MCP over standard input and output, as MCP hosts want it.
    """
    if context.invoked_subcommand is None:
        context.invoke(stdio)


@cli.command()
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def stdio(env_file: Path | None = None) -> None:
    """Serve MCP over standard input and output."""
    with collector_paused():
        from entrypoints.config.settings import load_settings
        from entrypoints.mcp.stdio_server import run

    run(load_settings(env_file=env_file, at_home=True))


@cli.command()
@click.option("--host", help="The address to listen on; HOST, or 127.0.0.1, if left out.")
@click.option("--port", type=int, help="0 takes a free one; PORT, or 3000, if left out.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def http(host: str | None, port: int | None, env_file: Path | None) -> None:
    """Serve MCP, pictures and streams over HTTP."""
    with collector_paused():
        from entrypoints.config.http_checks import load_http_settings

    settings = load_http_settings(env_file, host, port)
    with collector_paused():
        from entrypoints.http.http_server import run

    run(settings)


@cli.command()
@click.argument("prompt")
@generation_options
def generate(prompt: str, *, as_json: bool, env_file: Path | None, **options: object) -> None:
    """Paint new pictures from a PROMPT."""
    with collector_paused():
        from entrypoints.cli.generate import generate

    sys.exit(generate({"prompt": prompt, **options}, as_json=as_json, env_file=env_file))


@cli.command()
@click.argument("prompt")
@click.option(
    "-i", "--image", "images", multiple=True, required=True, help="A file or img_… id; repeat it."
)
@click.option("--mask", help="PNG file or img_… id, transparent where it may change.")
@generation_options
def edit(prompt: str, *, as_json: bool, env_file: Path | None, **options: object) -> None:
    """Change or combine pictures as a PROMPT says."""
    with collector_paused():
        from entrypoints.cli.generate import edit

    sys.exit(edit({"prompt": prompt, **options}, as_json=as_json, env_file=env_file))


@cli.command()
@answer_options
def models(*, as_json: bool, env_file: Path | None) -> None:
    """List the models, what they can do and when they retire."""
    with collector_paused():
        from entrypoints.cli.generate import models

    sys.exit(models(as_json=as_json, env_file=env_file))


@cli.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
@answer_options
def usage(*, days: int, as_json: bool, env_file: Path | None) -> None:
    """Tell what was spent and saved by day and model, and what is left of each budget."""
    with collector_paused():
        from entrypoints.cli.usage import usage

    sys.exit(usage(days=days, as_json=as_json, env_file=env_file))


@cli.group()
def images() -> None:
    """Look at pictures that were made, and at jobs that are not settled; delete pictures."""


@images.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@answer_options
def images_list(*, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the latest pictures, and jobs that are open or of unknown outcome."""
    with collector_paused():
        from entrypoints.cli.images import list_images

    sys.exit(list_images(limit=limit, as_json=as_json, env_file=env_file))


@images.command("delete")
@click.argument("id_", metavar="ID")
@answer_options
def images_delete(id_: str, *, as_json: bool, env_file: Path | None) -> None:
    """Delete the picture with this img_… ID for good."""
    with collector_paused():
        from entrypoints.cli.images import delete_image

    sys.exit(delete_image(id_, as_json=as_json, env_file=env_file))


@images.command("prune")
@click.option("--older-than", required=True, help="An age such as 12h, 30d or 8w.")
@answer_options
def images_prune(*, older_than: str, as_json: bool, env_file: Path | None) -> None:
    """Delete all pictures that are older than that for good."""
    with collector_paused():
        from entrypoints.cli.images import prune

    sys.exit(prune(older_than, as_json=as_json, env_file=env_file))


@cli.group()
def cache() -> None:
    """Look at the answers that are kept for equal requests, or forget them."""


@cache.command("stats")
@answer_options
def cache_stats(*, as_json: bool, env_file: Path | None) -> None:
    """Tell what the cache on disk holds."""
    with collector_paused():
        from entrypoints.cli.cache import stats

    sys.exit(stats(as_json=as_json, env_file=env_file))


@cache.command("clear")
@answer_options
def cache_clear(*, as_json: bool, env_file: Path | None) -> None:
    """Forget all kept answers; pictures stay."""
    with collector_paused():
        from entrypoints.cli.cache import clear

    sys.exit(clear(as_json=as_json, env_file=env_file))


def main() -> None:
    """Run a command; faults in the settings end it with code 2 and their list."""
    try:
        cli()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
