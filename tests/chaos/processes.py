"""The resources of a process, and the HTTP server as a process."""

import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tests.chaos.waiting import TIMEOUT, wait_until
from tests.e2e.host import SERVER

ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")
DATABASES = ("records.sqlite3", "cache.db")
POOLED = 30
"""Descriptors of ten connections: each one has the database, its log and the log's index."""


def resident(pid: int) -> int:
    """The resident memory of a process in bytes."""
    return _status(pid, "VmRSS")


def peak_resident(pid: int) -> int:
    """The peak resident memory of a process in bytes."""
    return _status(pid, "VmHWM")


def descriptors(pid: int) -> int:
    """The number of open files, pipes and connections beyond the POOLED ones of its databases.

    Database connections are opened on demand, up to a bound, and stay open.
    """
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            names.append(descriptor.readlink().name)
    pooled = sum(name.startswith(DATABASES) for name in names)
    return len(names) - min(pooled, POOLED)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


class HttpServer:
    """`mcp-server-gpt-image http` on a free port. Its output goes to the file `log`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._spawned = monotonic()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [SERVER, "http", "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
            )
        self.port = self._wait_for_port()
        self.started_in = monotonic() - self._spawned
        """Seconds from spawning the process to listening."""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """Send SIGKILL and wait."""
        self.process.kill()
        self.process.wait()

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait for the process to end; return its exit code."""
        return self.process.wait(timeout)

    def _wait_for_port(self) -> int:
        def is_listening_or_ended() -> bool:
            return bool(ADDRESS.search(self.log.read_bytes())) or not self.is_running

        wait_until(is_listening_or_ended, "the server prints its address")
        address = ADDRESS.search(self.log.read_bytes())
        assert address, self.log.read_text()
        return int(address[1])
