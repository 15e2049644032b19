"""The record the test thread reads while the server thread writes it."""

import threading
from collections import deque
from collections.abc import Callable
from itertools import count

from tests.standin.calls import Call, Charge
from tests.standin.faults import Fault, normal


class Book:
    """Calls, charges and the script, safe to read from any thread.

    A call is listed when its headers have arrived. It has *begun* when its body was read and
    judged, and its charge, if any, entered: what waits for a beginning finds the charge.
    """

    def __init__(self, default: Fault | None = None) -> None:
        self.default = default or normal()
        self.calls: list[Call] = []
        self.ledger: list[Charge] = []
        self._script: deque[Fault] = deque()
        self._changed = threading.Condition()
        self._begun = 0
        self._left = 0
        self._numbers = count(1)

    def open(self, call: Call) -> int:
        """List the call; the number it gets is never given twice, also not after `clear`."""
        self.calls.append(call)
        return next(self._numbers)

    def begin(self) -> None:
        """Count one POST as begun and wake whoever waits for it."""
        with self._changed:
            self._begun += 1
            self._changed.notify_all()

    def leave(self, call: Call) -> None:
        """Note that the client hung up, and wake whoever waits for it."""
        with self._changed:
            call.hung_up = True
            self._left += 1
            self._changed.notify_all()

    def charge(self, call: Call, entry: Callable[[int], Charge]) -> None:
        """Enter what `entry` makes of the call's index, unless the call was cleared away."""
        for index in reversed(range(len(self.calls))):
            if self.calls[index] is call:
                self.ledger.append(entry(index))
                return

    def queue(self, faults: tuple[Fault, ...]) -> None:
        """Add behaviors behind those already waiting; each serves one POST."""
        self._script.extend(faults)

    def unqueue(self) -> None:
        """Drop the behaviors that wait."""
        self._script.clear()

    def next_fault(self) -> Fault:
        """Take the behavior of the POST that arrives now."""
        return self._script.popleft() if self._script else self.default

    def clear(self) -> None:
        """Forget calls, charges and the script. Numbers go on, so pictures stay unique."""
        with self._changed:
            self.calls.clear()
            self.ledger.clear()
            self._script.clear()
            self._begun = self._left = 0

    def wait_begun(self, number: int, timeout: float) -> None:
        """Block until `number` POSTs have begun, or raise TimeoutError."""
        self._wait(lambda: self._begun >= number, f"{number} POSTs to begin", timeout)

    def wait_left(self, number: int, timeout: float) -> None:
        """Block until `number` clients have hung up, or raise TimeoutError."""
        self._wait(lambda: self._left >= number, f"{number} clients to hang up", timeout)

    def _wait(self, reached: Callable[[], bool], what: str, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(reached, timeout):
                raise TimeoutError(
                    f"waited {timeout} s for {what}: {self._begun} begun, {self._left} hung up"
                )
