"""A worker process: decodes and encodes one image at a time, within limits, until it is killed."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

import PIL.Image

from adapters.pillow.frames import Facts, Message, read_message, write_message
from adapters.pillow.normalization import normalize, normalize_mask
from adapters.pillow.pixel_check import check_pixels
from adapters.pillow.rendering import render
from application.ports.image_optimizer import CannotRender
from domain.errors import UnreadableImage

MAX_MEMORY = 1_100_000_000
"""Bytes of address space, where the platform can limit it. About 100 MB of it are never used, so a
process takes less than 1 GiB of memory; a WebP of 50 megapixels takes 0.9 GB."""
MAX_SECONDS = 60
"""Seconds for one job, after which the worker ends. The server kills it earlier, unless the server
itself was killed."""
IDLE_SECONDS = 60.0
"""Seconds without a job after which a worker, which takes about 40 MB, ends."""
JOBS: dict[str, Callable[[Facts, bytes], Message]] = {
    "inspect": check_pixels,
    "normalize": normalize,
    "normalize_mask": normalize_mask,
    "render": render,
}


def main() -> None:
    """Serve requests from standard input until it ends, or no request comes for IDLE_SECONDS."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not corrupt the replies
    for name in ("SIGINT", "SIGTERM"):  # sent to the whole process group; the server decides
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    _limit_memory()
    PIL.Image.preinit()  # loads the common formats before the first request comes
    queue: SimpleQueue[Message] = SimpleQueue()
    Thread(target=_read_requests, args=(requests, queue), daemon=True).start()
    with suppress(Empty, OSError):
        while _serve(*queue.get(timeout=IDLE_SECONDS), replies):
            pass
    os._exit(0)  # the other thread still reads


def _read_requests(file: IO[bytes], queue: "SimpleQueue[Message]") -> None:
    """Pass requests on; end the process, whatever it is doing, when the server has ended."""
    with suppress(EOFError, OSError, ValueError):
        while True:
            queue.put(read_message(file))
    os._exit(0)


def _serve(request: Facts, data: bytes, replies: IO[bytes]) -> bool:
    """Answer one request; return whether the process is fit for another."""
    if hasattr(signal, "alarm"):
        signal.alarm(MAX_SECONDS)
    healthy = True
    try:
        facts, result = JOBS[str(request["job"])](request, data)
    except UnreadableImage as error:
        facts, result = {"refused": str(error), "hint": error.hint}, b""
    except CannotRender as error:
        facts, result = {"refused": str(error)}, b""
    except MemoryError:  # the failed work may still hold memory
        facts, result, healthy = {"failed": "MemoryError"}, b"", False
    except Exception as error:  # noqa: BLE001 - Pillow raises many kinds for damaged images
        facts, result = {"failed": type(error).__name__}, b""
    if hasattr(signal, "alarm"):
        signal.alarm(0)
    write_message(replies, facts, result)
    return healthy


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        with suppress(ValueError, OSError):  # macOS refuses limits below what is in use
            resource.setrlimit(kind, (limit if hard < 0 else min(limit, hard), hard))
