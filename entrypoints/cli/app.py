"""The command line. A command loads what it needs only when it runs: `--help` is instant."""

import sys
from pathlib import Path

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.version import version
from entrypoints.cli.completion import completion
from entrypoints.cli.conversation_commands import chat, conversations
from entrypoints.cli.deletion import (
    images_delete,
    images_empty_trash,
    images_prune,
    images_restore,
)
from entrypoints.cli.encodings import replace_missing_letters
from entrypoints.cli.generation import edit, generate
from entrypoints.cli.help_texts import WELCOME, examples
from entrypoints.cli.image_adding import images_add
from entrypoints.cli.job_commands import jobs
from entrypoints.cli.options import env_file_option
from entrypoints.cli.plugin_commands import plugins
from entrypoints.cli.preset_commands import presets, styles
from entrypoints.cli.probing import probe
from entrypoints.cli.queries import cache, images, models, usage
from entrypoints.config.settings_error import SettingsError

HELP_STYLE = {
    "style_helptext": "",
    "style_option_default": "",
    "padding_helptext_first_line": (0, 0, 1, 0),
}
"""Rich's dim text is hard to read on some backgrounds."""


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(version(), prog_name="mcp-server-gpt-image")
@click.command_panel(
    "Images", commands=["generate", "edit", "chat", "images", "conversations", "jobs"]
)
@click.command_panel("Models and costs", commands=["models", "probe", "usage", "cache"])
@click.command_panel("Prompts", commands=["presets", "styles"])
@click.command_panel("Servers", commands=["stdio", "http", "plugins"])
@click.command_panel("Shell", commands=["completion"])
@click.rich_config(HELP_STYLE)
@click.pass_context
@examples(
    'gpt-image generate "a lighthouse at dusk" -o lighthouse.png',
    'gpt-image edit "make the sky green" -i last --open',
    "gpt-image images list",
)
def cli(context: click.Context) -> None:
    """Generate and edit images with OpenAI's GPT Image models.

    With no command and no terminal, it runs the MCP server over stdio.
    """
    if context.invoked_subcommand is not None:
        return
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo(WELCOME)
    else:
        context.invoke(stdio)


@cli.command()
@env_file_option
@examples("gpt-image stdio", "gpt-image stdio --env-file ~/.gpt-image.env")
def stdio(env_file: Path | None = None) -> None:
    """Run the MCP server over stdio.

    It starts even if settings are invalid: the host then shows the reason as the answer of each
    tool, where a process that ends would only be "disconnected".
    """
    from entrypoints.cli.stdio_command import run_stdio

    run_stdio(env_file)


@cli.command()
@click.option(
    "--host", metavar="ADDRESS", help="Address to listen on. [default: HOST or localhost]"
)
@click.option(
    "--port",
    type=int,
    metavar="PORT",
    help="Port to listen on; 0 picks a free one. [default: PORT or 3000]",
)
@env_file_option
@examples("gpt-image http", "gpt-image http --port 8080")
def http(host: str | None, port: int | None, env_file: Path | None) -> None:
    """Run the HTTP server for MCP, images and event streams."""
    with collector_paused():
        from entrypoints.config.http_checks import load_http_settings

    settings = load_http_settings(env_file, host, port)
    from entrypoints.http.listening_socket import listen

    listeners = listen(settings)  # before the rest is loaded: until then, connections wait
    with collector_paused():
        from entrypoints.bootstrap.providers import check_models_file, check_network
        from entrypoints.http.http_server import run

    check_network(settings)
    check_models_file(settings)
    run(settings, listeners)


for command in (
    chat,
    conversations,
    generate,
    edit,
    images,
    jobs,
    presets,
    styles,
    models,
    probe,
    usage,
    cache,
    plugins,
    completion,
):
    cli.add_command(command)
for command in (images_add, images_delete, images_restore, images_prune, images_empty_trash):
    images.add_command(command)


def main() -> None:
    """Run a command. Invalid settings end it with exit code 2 and a list of what to fix."""
    replace_missing_letters()
    try:
        cli(prog_name="gpt-image")
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
