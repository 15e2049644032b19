"""The command that lists plugins."""

from typing import TYPE_CHECKING

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput


@query()
@examples("gpt-image plugins", "gpt-image plugins --json")
async def plugins(container: "Container") -> "CommandOutput":
    """List the installed plugins, and try each one.

    The exit code is that of invalid settings if one was left out.
    """
    from domain.provider_errors import InvalidSettings
    from entrypoints.wire.error_codes import EXIT_CODES
    from entrypoints.wire.plugin_results import plugins_result, plugins_text

    found = container.plugins().statuses()
    exit_code = EXIT_CODES[InvalidSettings] if any(each.fault for each in found) else 0
    return plugins_text(found), plugins_result(found), exit_code
