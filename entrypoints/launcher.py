"""Entry point of the installed commands: puts our packages on the path, runs the command line.

In the wheel this file is `mcp_server_gpt_image/__init__.py`, and our four packages are beside it in
`_bundle`, because other projects own their names on the package index.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the command line with the process's arguments."""
    bundle = Path(__file__).parent / "_bundle"
    if bundle.is_dir():
        sys.path.insert(0, str(bundle))
    from entrypoints.cli.app import main as command_line

    command_line()
