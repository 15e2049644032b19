"""The commands about conversations."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.cli.commands import INTERRUPTED, query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.options import env_file_option

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput


@click.group()
@examples("gpt-image conversations list", "gpt-image conversations show logo-ideas")
def conversations() -> None:
    """List, show and clear conversations."""


@query(conversations, "list")
@examples("gpt-image conversations list")
async def conversations_list(container: "Container") -> "CommandOutput":
    """List the latest 100 conversations, the newest first."""
    from entrypoints.wire.conversation_results import list_result, list_text

    found = await container.list_conversations()()
    return list_text(found), list_result(found)


@query(conversations, "show")
@click.argument("name")
@examples("gpt-image conversations show logo-ideas")
async def conversations_show(container: "Container", *, name: str) -> "CommandOutput":
    """Show the turns of a conversation, the oldest first."""
    from domain.conversations import ConversationId
    from entrypoints.wire.conversation_results import conversation_result, conversation_text

    found = await container.get_conversation()(ConversationId(name))
    return conversation_text(found), conversation_result(found)


@query(conversations, "clear")
@click.argument("name")
@examples("gpt-image conversations clear logo-ideas")
async def conversations_clear(container: "Container", *, name: str) -> "CommandOutput":
    """Delete all texts of a conversation for good; its images stay."""
    from domain.conversations import ConversationId
    from entrypoints.wire.conversation_results import cleared_conversation_text, cleared_result

    id_ = ConversationId(name)
    cleared = await container.clear_conversation()(id_)
    return cleared_conversation_text(id_, cleared), cleared_result(id_, cleared)


@click.command()
@click.argument("name", required=False)
@env_file_option
@examples("gpt-image chat", "gpt-image chat logo-ideas", "gpt-image chat < turns.txt")
def chat(name: str | None, env_file: Path | None) -> None:
    """Say what to draw, see it, and say what to change.

    Each line is a turn of a conversation, a new one or the one with this NAME. /undo takes the last
    turn back, /new begins another conversation, /quit ends.
    """
    with collector_paused():
        from entrypoints.cli.chat import run_chat

    try:
        sys.exit(run_chat(name, env_file))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
