"""The script that makes a shell complete commands, options and values."""

import rich_click as click

from entrypoints.cli.help_texts import examples

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
@examples(
    'eval "$(gpt-image completion bash)"    # in ~/.bashrc',
    'eval "$(gpt-image completion zsh)"     # in ~/.zshrc, after compinit',
    "gpt-image completion fish > ~/.config/fish/completions/gpt-image.fish",
)
def completion(context: click.Context, shell: str) -> None:
    """Print a script that lets your shell complete commands, options and values."""
    from click.shell_completion import get_completion_class

    root = context.find_root()
    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(root.command, {}, "gpt-image", "_GPT_IMAGE_COMPLETE").source())
