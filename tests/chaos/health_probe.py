"""Calls /health continuously, and records the latency of each reply."""

import threading
from http.client import HTTPConnection, HTTPException
from time import monotonic

PAUSE = 0.02
"""Seconds between two calls: 50 a second take a few hundredths of a core."""
MAX_LATENCY = 0.25
"""Seconds within which /health must reply."""


class HealthProbe:
    """Probes the server on a port, in a thread, until `stop` or until the server ends."""

    def __init__(self, port: int) -> None:
        self.latencies: list[float] = []
        self.failures = 0
        self._port = port
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop probing."""
        self._stopping.set()
        self._thread.join()

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the replies arrived; 0 without replies."""
        latencies = sorted(self.latencies)
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))] if latencies else 0.0

    def _run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._stopping.wait(PAUSE):
            start = monotonic()
            try:
                connection.request("GET", "/health")
                reply = connection.getresponse()
                reply.read()
            except (OSError, HTTPException):
                break  # the server ended; each case checks whether it may
            self.latencies.append(monotonic() - start)
            self.failures += reply.status != 200
        connection.close()
