"""Entry point of the installed commands: runs the command line.

In the wheel this file is `mcp_server_gpt_image/__init__.py`, and our four packages are beside it in
`_bundle`, because other projects own their names on the package index. Importing this file puts
`_bundle` first on the path, for the commands and for `mcp_server_gpt_image.testkit`.
"""

import sys
from pathlib import Path

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""
BUNDLE = Path(__file__).parent / "_bundle"
if BUNDLE.is_dir():
    sys.path.insert(0, str(BUNDLE))


def main() -> None:
    """Run the command line with the process's arguments; an interrupt has no traceback."""
    try:
        from entrypoints.cli.app import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
