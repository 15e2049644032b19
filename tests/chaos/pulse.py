"""Asks /health all the time, and keeps how long each answer took."""

import threading
from http.client import HTTPConnection, HTTPException
from time import monotonic

PAUSE = 0.02
"""Seconds between two questions: 50 a second take some hundredths of a core."""
WITHIN = 0.25
"""Seconds in which /health must answer."""


class Pulse:
    """Takes the pulse of the server on a port, in a thread, until `stop` or until it ends."""

    def __init__(self, port: int) -> None:
        self.waits: list[float] = []
        self.refused = 0
        self._port = port
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        self._thread.join()

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came; 0 when none was asked for."""
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0

    def _run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._stopping.wait(PAUSE):
            asked = monotonic()
            try:
                connection.request("GET", "/health")
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException):
                break  # it ended, and whether it may is the case's matter
            self.waits.append(monotonic() - asked)
            self.refused += answer.status != 200
        connection.close()
