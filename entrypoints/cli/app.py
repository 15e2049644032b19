"""The command line. A command loads what it needs only when it runs: `--help` is instant."""

import sys
from pathlib import Path

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.version import version
from entrypoints.cli.generation import edit, generate
from entrypoints.cli.options import env_file_option
from entrypoints.cli.queries import cache, images, models, usage
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
@env_file_option
def stdio(env_file: Path | None = None) -> None:
    """Serve MCP over standard input and output."""
    with collector_paused():
        from entrypoints.config.settings import load_settings
        from entrypoints.mcp.stdio_server import run

    run(load_settings(env_file=env_file, at_home=True))


@cli.command()
@click.option("--host", help="The address to listen on; HOST, or 127.0.0.1, if left out.")
@click.option("--port", type=int, help="0 takes a free one; PORT, or 3000, if left out.")
@env_file_option
def http(host: str | None, port: int | None, env_file: Path | None) -> None:
    """Serve MCP, pictures and streams over HTTP."""
    with collector_paused():
        from entrypoints.config.http_checks import load_http_settings

    settings = load_http_settings(env_file, host, port)
    with collector_paused():
        from entrypoints.http.http_server import run

    run(settings)


for command in (generate, edit, models, usage, images, cache):
    cli.add_command(command)


def main() -> None:
    """Run a command. Invalid settings end it with exit code 2 and a list of what to fix."""
    try:
        cli()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
