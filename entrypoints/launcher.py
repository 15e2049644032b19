"""Entry point of the installed commands: starts the stdio server, or runs the command line.

In the wheel this file is `mcp_server_gpt_image/__init__.py`, and our four packages are beside it in
`_bundle`, because other projects own their names on the package index. Importing this file puts
`_bundle` first on the path, for the commands and for `mcp_server_gpt_image.testkit`.
"""

import os
import sys

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""
COMPLETION = "_GPT_IMAGE_COMPLETE"
"""The variable with which a shell asks the command line for completions."""
BUNDLE = os.path.join(os.path.dirname(__file__), "_bundle")
if os.path.isdir(BUNDLE):
    sys.path.insert(0, BUNDLE)


def main() -> None:
    """Run what the arguments ask for; an interrupt has no traceback."""
    try:
        if _starts_stdio(sys.argv[1:]):
            _serve_stdio()
        else:
            from entrypoints.cli.app import main as command_line

            command_line()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _starts_stdio(arguments: list[str]) -> bool:
    """Whether a host has started the server; the command line knows all other arguments."""
    if COMPLETION in os.environ:
        return False
    if arguments:
        return arguments == ["stdio"]
    return not (sys.stdin is not None and sys.stdin.isatty())


def _serve_stdio() -> None:
    """Answer the first requests from the recording, while everything else is loaded."""
    from entrypoints.mcp.greeter.greeter import Greeter
    from entrypoints.mcp.greeter.recording import greetings

    greeter = Greeter.on_std_streams(greetings())
    from entrypoints.cli.stdio_command import run_stdio

    run_stdio(greeter=greeter)
