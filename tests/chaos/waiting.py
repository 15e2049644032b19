"""Waiting for conditions in other processes."""

import time
from collections.abc import Callable

TIMEOUT = 20.0
"""Seconds after which a case fails; no case depends on it."""
POLL_SECONDS = 0.01


def wait_for(wanted: Callable[[], object], timeout: float = TIMEOUT) -> bool:
    """Wait at most `timeout` seconds; return whether the condition became true."""
    end = time.monotonic() + timeout
    while not wanted():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def wait_until(wanted: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
    """Wait until the condition is true; fail after `timeout` seconds, naming `what`."""
    assert wait_for(wanted, timeout), f"within {timeout} s this did not happen: {what}"


def sleep_for(seconds: float) -> None:
    """Sleep, in cases about the time of the next action."""
    time.sleep(seconds)
