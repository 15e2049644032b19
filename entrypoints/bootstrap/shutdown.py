"""How a server process ends: after a signal, and never much later than its grace period."""

import asyncio
import os
import signal
import threading
from types import FrameType

CLOSE_TIMEOUT = 1.0
"""Seconds after the grace period for closing files and connections."""


def exit_after(seconds: float) -> None:
    """End the process with code 1 after that time. A thread does it: the event loop may hang."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def shutdown_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. A second one ends the process at once, with code 1."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    def request_stop_on_windows(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(request_stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        if os.name == "nt":  # its event loops have no signal handlers
            signal.signal(number, request_stop_on_windows)
        else:
            loop.add_signal_handler(number, request_stop)
    return stop
