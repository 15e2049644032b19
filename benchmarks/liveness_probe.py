"""Probes a server's liveness repeatedly, from a separate process that does nothing else.

`python -m benchmarks.liveness_probe PORT` prints the ms of each reply as JSON once its input ends.
"""

import json
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from subprocess import PIPE, Popen

from benchmarks.measure import Stopwatch
from benchmarks.rig import ROOT

INTERVAL = 0.05
"""Seconds between two probes."""
TIMEOUT = 60.0


@contextmanager
def probe_liveness(port: int) -> Iterator[list[float]]:
    """Probe during the block; afterwards the list has the ms of each reply of /livez."""
    times: list[float] = []
    command = [sys.executable, "-m", "benchmarks.liveness_probe", str(port)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:  # noqa: S603 - this module
        yield times
        output, _ = process.communicate()
        times += json.loads(output)


def main(port: int) -> None:
    """Probe until the input ends."""
    times: list[float] = []
    server = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    while not select.select([sys.stdin], [], [], INTERVAL)[0]:
        with Stopwatch() as watch:
            server.request("GET", "/livez")
            reply = server.getresponse()
            reply.read()
        assert reply.status == 200
        times.append(watch.wall)
    sys.stdout.write(json.dumps(times))


if __name__ == "__main__":
    main(int(sys.argv[1]))
