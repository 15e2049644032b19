"""The main module of a worker process with jobs for tests: those of Pillow never misbehave."""

import os
import signal
import threading

from adapters.pillow import worker
from adapters.pillow.frames import Facts, Message
from domain.errors import UnreadableImage

START = "import sys; sys.path[:] = sys.argv[1:]; from tests.unit.worker_jobs import main; main()"


def main() -> None:
    """Serve the jobs below."""
    worker.JOBS.update(
        echo=_echo, refuse=_refuse, fail=_fail, hang=_hang, crash=_crash, fill=_fill, expire=_expire
    )
    worker.main()


def _echo(options: Facts, data: bytes) -> Message:
    print("not a reply")
    os.kill(os.getpid(), signal.SIGINT)
    facts = {"pid": os.getpid(), "environment": sorted(os.environ), "options": dict(options)}
    return facts, data


def _refuse(_: Facts, __: bytes) -> Message:
    raise UnreadableImage("It is torn.")


def _fail(_: Facts, __: bytes) -> Message:
    raise ZeroDivisionError


def _hang(_: Facts, data: bytes) -> Message:
    if data:  # a FIFO that a test reads
        with open(data, "w") as file:  # noqa: PTH123 - bytes
            file.write(str(os.getpid()))
    threading.Event().wait()
    return {}, b""


def _crash(_: Facts, __: bytes) -> Message:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}, b""


def _fill(_: Facts, __: bytes) -> Message:
    return {"size": len(bytearray(2 << 30))}, b""


def _expire(_: Facts, __: bytes) -> Message:
    worker.IDLE_SECONDS = 0.0
    return {"pid": os.getpid()}, b""
