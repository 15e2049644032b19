"""The log of calls that the test thread reads while the server thread writes it."""

import threading
from collections import deque
from collections.abc import Callable
from itertools import count

from tests.standin.calls import Call, Charge
from tests.standin.faults import Fault, normal


class CallLog:
    """Calls, charges and the script of faults, safe to read from any thread.

    A call is listed when its headers have arrived. It has *begun* when its body was read and
    checked, and its charge, if any, recorded: a test that waits for the begin sees the charge.
    """

    def __init__(self, default: Fault | None = None) -> None:
        self.default = default or normal()
        self.files: dict[str, Fault] = {}
        self.calls: list[Call] = []
        self.ledger: list[Charge] = []
        self._script: deque[Fault] = deque()
        self._reads: deque[Fault] = deque()
        self._changed = threading.Condition()
        self._begun = 0
        self._hung_up = 0
        self._numbers = count(1)

    def add(self, call: Call) -> int:
        """List the call. Its number is unique, also after `clear`."""
        self.calls.append(call)
        return next(self._numbers)

    def add_begun(self) -> None:
        """Count one POST as begun and wake waiting tests."""
        with self._changed:
            self._begun += 1
            self._changed.notify_all()

    def add_hang_up(self, call: Call) -> None:
        """Record that the client hung up, and wake waiting tests."""
        with self._changed:
            call.hung_up = True
            self._hung_up += 1
            self._changed.notify_all()

    def add_charge(self, call: Call, charge_of: Callable[[int], Charge]) -> None:
        """Record the charge that `charge_of` makes of the call's index, unless it was cleared."""
        for index in reversed(range(len(self.calls))):
            if self.calls[index] is call:
                self.ledger.append(charge_of(index))
                return

    def queue(self, faults: tuple[Fault, ...]) -> None:
        """Append faults to the script; each one serves one POST."""
        self._script.extend(faults)

    def clear_script(self) -> None:
        """Drop the faults that are still queued."""
        self._script.clear()

    def queue_reads(self, faults: tuple[Fault, ...]) -> None:
        """The same for reads of responses."""
        self._reads.extend(faults)

    def next_read_fault(self) -> Fault:
        """Take the fault for the read of a response that arrives now."""
        return self._reads.popleft() if self._reads else normal()

    def next_fault(self) -> Fault:
        """Take the fault for the POST that arrives now."""
        return self._script.popleft() if self._script else self.default

    def clear(self) -> None:
        """Clear calls, charges, files and the script. Numbers continue, so images stay unique."""
        with self._changed:
            self.files.clear()
            self.calls.clear()
            self.ledger.clear()
            self._script.clear()
            self._reads.clear()
            self._begun = self._hung_up = 0

    def wait_begun(self, number: int, timeout: float) -> None:
        """Block until `number` POSTs have begun, or raise TimeoutError."""
        self._wait(lambda: self._begun >= number, f"{number} POSTs to begin", timeout)

    def wait_hung_up(self, number: int, timeout: float) -> None:
        """Block until `number` clients have hung up, or raise TimeoutError."""
        self._wait(lambda: self._hung_up >= number, f"{number} clients to hang up", timeout)

    def _wait(self, reached: Callable[[], bool], what: str, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(reached, timeout):
                raise TimeoutError(
                    f"waited {timeout} s for {what}: {self._begun} begun, {self._hung_up} hung up"
                )
