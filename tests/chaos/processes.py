"""A process of ours as the system sees it, and the web server as such a process."""

import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tests.chaos.waiting import PATIENCE, until
from tests.e2e.host import SERVER

ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")
DATABASES = ("records.sqlite3", "cache.db")
POOLED = 30
"""Descriptors of ten connections, each of a database, its log and its index of that."""


def resident(pid: int) -> int:
    """The bytes of memory that a process has now."""
    return _status(pid, "VmRSS")


def most_resident(pid: int) -> int:
    """The most bytes of memory that it has had."""
    return _status(pid, "VmHWM")


def descriptors(pid: int) -> int:
    """How many files, pipes and connections it has open, beyond the POOLED for its databases.

    Those are opened by need, up to a bound, and kept.
    """
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(descriptor.readlink().name)
    pooled = sum(name.startswith(DATABASES) for name in names)
    return len(names) - min(pooled, POOLED)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


class WebServer:
    """`mcp-server-gpt-image http` on a free port. All that it says goes to the file `log`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._begun = monotonic()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [SERVER, "http", "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
            )
        self.port = self._told_port()
        self.started_in = monotonic() - self._begun
        """Seconds from nothing to a server that listens."""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, which nothing can be done about."""
        self.process.kill()
        self.process.wait()

    def ended(self, patience: float = PATIENCE) -> int:
        """Wait for it to end; return its exit code."""
        return self.process.wait(patience)

    def _told_port(self) -> int:
        def told() -> bool:
            return bool(ADDRESS.search(self.log.read_bytes())) or not self.runs

        until(told, "the server says where it listens")
        address = ADDRESS.search(self.log.read_bytes())
        assert address, self.log.read_text()
        return int(address[1])
