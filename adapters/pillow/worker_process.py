"""The worker processes of this server, and the list of idle ones."""

import atexit
import os
import subprocess
import sys
from contextlib import suppress
from threading import Lock

from adapters.pillow.frames import Facts, Message, read_message, write_message

START = "import sys; sys.path[:] = sys.argv[1:]; from adapters.pillow.worker import main; main()"
ENVIRONMENT = ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""The variables of the server's environment that a worker gets; the provider's key is not one."""
GRACE_SECONDS = 0.05
"""Seconds for a worker that closed its output to end before it is killed, which would change
its exit code."""


class Worker:
    """One worker process. Not safe for several threads at once, except `kill`."""

    def __init__(self) -> None:
        """Start the process; raise OSError if that fails."""
        flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, *flags, "-c", START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def exchange(self, request: Facts, data: bytes) -> Message:
        """Send a request and wait for its reply; raise OSError, EOFError or ValueError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        write_message(stdin, request, data)
        return read_message(stdout)

    def kill(self) -> None:
        """End the process at once, from any thread."""
        self._process.kill()

    def close(self) -> int:
        """End the process and return its exit code: 0 if it had ended because it was idle."""
        try:
            code = self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        for file in (self._process.stdin, self._process.stdout):
            assert file is not None
            with suppress(OSError):  # unsent data cannot be flushed any more
                file.close()
        return code


class IdleWorkers:
    """The idle workers of this server. Those that have ended stay in the list until used."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._lock = Lock()

    def take(self) -> Worker | None:
        """Return the worker that was used last; None if there is none."""
        with self._lock:
            return self._workers.pop() if self._workers else None

    def put(self, worker: Worker) -> None:
        with self._lock:
            self._workers.append(worker)

    def prepare(self) -> None:
        """Start one if there is none; raise OSError if that fails.

        The process loads Pillow by itself, so this returns before it is ready.
        """
        if not self._workers:
            self.put(Worker())

    def close(self) -> None:
        """Kill all of them."""
        while worker := self.take():
            worker.kill()
            worker.close()


IDLE = IdleWorkers()
atexit.register(IDLE.close)
