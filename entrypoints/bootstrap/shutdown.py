"""Ends a server process: after a signal, and never much later than its grace period."""

import asyncio
import os
import signal
import threading
from types import FrameType

CLOSE_TIMEOUT = 1.0
"""Seconds after the grace period to close files and connections."""


def exit_after(seconds: float) -> None:
    """End the process with code 1 after that time. Uses a thread: the event loop may hang."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def shutdown_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. A second signal ends the process at once (code 1)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    def request_stop_on_windows(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(request_stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        if os.name == "nt":  # event loops on Windows have no signal handlers
            signal.signal(number, request_stop_on_windows)
        else:
            loop.add_signal_handler(number, request_stop)
    return stop
