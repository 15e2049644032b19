"""How a server process leaves: when a signal says so, and never much later than its grace."""

import asyncio
import os
import signal
import threading
from types import FrameType

CLOSE_TIMEOUT = 1.0
"""Seconds after the grace, for closing what is open."""


def exit_after(seconds: float) -> None:
    """End the process with code 1 then. A thread does it: the event loop may be what hangs."""
    leaving = threading.Timer(seconds, os._exit, (1,))
    leaving.daemon = True
    leaving.start()


def shutdown_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. A second signal ends the process at once, with 1."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def leave() -> None:
        if told.is_set():
            os._exit(1)
        told.set()

    def leave_on_windows(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(leave)

    for number in (signal.SIGTERM, signal.SIGINT):
        if os.name == "nt":  # event loops have no signal handlers there
            signal.signal(number, leave_on_windows)
        else:
            loop.add_signal_handler(number, leave)
    return told
