"""Waiting for what a process gets to by itself."""

import time
from collections.abc import Callable

PATIENCE = 20.0
"""Seconds after which a case gives up; none depends on it."""
LOOK_EVERY = 0.01


def reached(wanted: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Whether it becomes true within `patience` seconds."""
    end = time.monotonic() + patience
    while not wanted():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY)
    return True


def until(wanted: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until it is true; fail, saying `what` did not happen, after `patience` seconds."""
    assert reached(wanted, patience), f"within {patience} s this did not happen: {what}"


def pass_time(seconds: float) -> None:
    """Let so much time go by, where the time of what comes next is what a case is about."""
    time.sleep(seconds)
