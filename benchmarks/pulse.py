"""Asks a server again and again how it is, from a process of its own that has nothing else to do.

`python -m benchmarks.pulse PORT` prints the ms of each answer as JSON once its input ends.
"""

import json
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from subprocess import PIPE, Popen

from benchmarks.measure import Watch
from benchmarks.rig import ROOT

EVERY = 0.05
PATIENCE = 60.0


@contextmanager
def pulse(port: int) -> Iterator[list[float]]:
    """Ask meanwhile; afterwards the list has the ms that each answer of /livez took."""
    taken: list[float] = []
    command = [sys.executable, "-m", "benchmarks.pulse", str(port)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:  # noqa: S603 - this module
        yield taken
        said, _ = process.communicate()
        taken += json.loads(said)


def main(port: int) -> None:
    """Ask until nobody wants to know any more."""
    taken: list[float] = []
    server = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        with Watch() as watch:
            server.request("GET", "/livez")
            answer = server.getresponse()
            answer.read()
        assert answer.status == 200
        taken.append(watch.wall)
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main(int(sys.argv[1]))
