"""The command line. Loads what a command needs only when that command runs."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from entrypoints.loading import loading
from entrypoints.settings_error import SettingsError
from entrypoints.version import version

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS = (
    click.option("--size", default="1024x1024", show_default=True, help="WIDTHxHEIGHT or auto."),
    click.option("--quality", default="auto", show_default=True, help="low … max, or auto."),
    click.option("--format", default="png", show_default=True, help="png, jpeg, webp or auto."),
    click.option("--background", default="auto", show_default=True, help="transparent or opaque."),
    click.option("--compression", "output_compression", type=int, help="0-100, jpeg and webp."),
    click.option("--moderation", default="auto", show_default=True, help="auto or low."),
    click.option("-n", "n", type=int, default=1, show_default=True, help="How many, 1-4."),
    click.option("--partials", "partialImages", type=int, help="Real previews, 1-3."),
    click.option("--model", help="Leave out for the default model."),
    click.option("--fresh", is_flag=True, help="A new picture even if an equal one is known."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here."),
)


def painting_options(command: F) -> F:
    """Add the options that generate and edit share."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


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
    with loading():
        from entrypoints.mcp_server.stdio import run
        from entrypoints.settings import load_settings

    run(load_settings(env_file=env_file, at_home=True))


@cli.command()
@click.option("--host", help="The address to listen on; HOST, or 127.0.0.1, if left out.")
@click.option("--port", type=int, help="0 takes a free one; PORT, or 3000, if left out.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def http(host: str | None, port: int | None, env_file: Path | None) -> None:
    """Serve MCP, pictures and streams over HTTP."""
    with loading():
        from entrypoints.web.served_settings import served_settings

    settings = served_settings(env_file, host, port)
    with loading():
        from entrypoints.web.server import run

    run(settings)


@cli.command()
@click.argument("prompt")
@painting_options
def generate(prompt: str, *, as_json: bool, env_file: Path | None, **options: object) -> None:
    """Paint new pictures from a PROMPT."""
    with loading():
        from entrypoints.terminal import generate

    sys.exit(generate({"prompt": prompt, **options}, as_json=as_json, env_file=env_file))


@cli.command()
@click.argument("prompt")
@click.option(
    "-i", "--image", "images", multiple=True, required=True, help="A file or img_… id; repeat it."
)
@click.option("--mask", help="PNG file or img_… id, transparent where it may change.")
@painting_options
def edit(prompt: str, *, as_json: bool, env_file: Path | None, **options: object) -> None:
    """Change or combine pictures as a PROMPT says."""
    with loading():
        from entrypoints.terminal import edit

    sys.exit(edit({"prompt": prompt, **options}, as_json=as_json, env_file=env_file))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def models(*, as_json: bool, env_file: Path | None) -> None:
    """List the models, what they can do and when they retire."""
    with loading():
        from entrypoints.terminal import models

    sys.exit(models(as_json=as_json, env_file=env_file))


@cli.group()
def images() -> None:
    """Look at pictures that were made, and at jobs that are not settled; delete pictures."""


@images.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def images_list(*, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the latest pictures, and jobs that are open or of unknown outcome."""
    with loading():
        from entrypoints.image_commands import list_images

    sys.exit(list_images(limit=limit, as_json=as_json, env_file=env_file))


@images.command("delete")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print how much as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def images_delete(id_: str, *, as_json: bool, env_file: Path | None) -> None:
    """Delete the picture with this img_… ID for good."""
    with loading():
        from entrypoints.image_commands import delete_image

    sys.exit(delete_image(id_, as_json=as_json, env_file=env_file))


@images.command("prune")
@click.option("--older-than", required=True, help="An age such as 12h, 30d or 8w.")
@click.option("--json", "as_json", is_flag=True, help="Print how much as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def images_prune(*, older_than: str, as_json: bool, env_file: Path | None) -> None:
    """Delete all pictures that are older than that for good."""
    with loading():
        from entrypoints.image_commands import prune

    sys.exit(prune(older_than, as_json=as_json, env_file=env_file))


@cli.group()
def cache() -> None:
    """Look at the answers that are kept for equal requests, or forget them."""


@cache.command("stats")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def cache_stats(*, as_json: bool, env_file: Path | None) -> None:
    """Tell what the cache on disk holds."""
    with loading():
        from entrypoints.cache_commands import stats

    sys.exit(stats(as_json=as_json, env_file=env_file))


@cache.command("clear")
@click.option("--json", "as_json", is_flag=True, help="Print how much as JSON.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Read settings from here.")
def cache_clear(*, as_json: bool, env_file: Path | None) -> None:
    """Forget all kept answers; pictures stay."""
    with loading():
        from entrypoints.cache_commands import clear

    sys.exit(clear(as_json=as_json, env_file=env_file))


def main() -> None:
    """Run a command; faults in the settings end it with code 2 and their list."""
    try:
        cli()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
