"""Hundreds of slow clients against the real server, while a good one goes on asking.

`make slow-clients` runs this where slowhttptest is installed (Debian has it) and the system is
Linux. It takes two minutes, so it is no part of the tests. Ends with code 1 unless the good client
was always served within a second and the slow ones were all closed.
"""

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from tests.e2e.host import SERVER

CLIENTS = 300
WITHIN = 1.0
"""Seconds in which the good client must always be served."""
TOO_LONG = 60
"""Seconds after which slow clients that are still there have won."""
ATTACKS = {
    "slow headers": "-H -i 3 -x 24 -t GET -u {url}/livez",
    "slow bodies": "-B -i 2 -x 10 -s 8192 -t POST -f application/json -u {url}/images",
    "slow readers": "-X -w 512 -y 1024 -n 5 -z 32 -k 3 -u {picture}",
}
ESTABLISHED = "01"


@dataclass
class Outcome:
    """What happened: seconds of the good client, connections at most, seconds to the last."""

    waits: list[float] = field(default_factory=list)
    failed: int = 0
    most: int = 0
    closed_after: float | None = None

    @property
    def passed(self) -> bool:
        served = not self.failed and max(self.waits) < WITHIN
        return served and self.most >= CLIENTS and self.closed_after is not None


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """The server with offline sketches; yields its port."""
    names = ("OUTPUT_DIR", "DATA_DIR", "CACHE_DIR")
    environment = {name: str(folder / name) for name in names}
    process = subprocess.Popen(
        [SERVER, "http", "--port", "0"],
        env={"PROVIDER": "sketch", "HOME": str(folder), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        yield int(process.stderr.readline().partition(" (")[0].rpartition(":")[2])
    finally:
        process.terminate()
        process.communicate()


def ask(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """What the good client gets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise http.client.HTTPException(answer.status)
    return content


def connections(port: int) -> int:
    """How many the server has open."""
    local = f":{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()]
    return sum(line[1].endswith(local) and line[3] == ESTABLISHED for line in lines[1:])


def attacked(command: list[str], port: int, path: str) -> Outcome:
    """Let them come, and look ten times a second until all of them have gone."""
    outcome, start = Outcome(), monotonic()
    slow = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while monotonic() - start < TOO_LONG and outcome.closed_after is None:
        asked = monotonic()
        try:
            ask(port, "GET", path)
        except (OSError, http.client.HTTPException):
            outcome.failed += 1
        outcome.waits.append(monotonic() - asked)
        there = connections(port)
        outcome.most = max(outcome.most, there)
        if outcome.most >= CLIENTS and there < CLIENTS / 100:
            outcome.closed_after = monotonic() - start
        sleep(0.1)
    slow.kill()
    slow.wait()
    return outcome


def main() -> int:
    """Run all attacks and print a line for each."""
    program = shutil.which("slowhttptest")
    if program is None:
        print("slowhttptest is not installed: nothing was tried.")
        return 0
    passed = True
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as port:
        painted = json.loads(ask(port, "POST", "/images", b'{"prompt": "a red bridge"}'))
        path = f"/images/{painted['images'][0]['id']}"
        url = f"http://127.0.0.1:{port}"
        for name, options in ATTACKS.items():
            words = options.format(url=url, picture=url + path).split()
            always = ["-c", str(CLIENTS), "-r", "200", "-l", str(TOO_LONG)]
            outcome = attacked([program, *words, *always], port, path)
            passed &= outcome.passed
            print(
                f"{name}: {outcome.most} connections, all closed after "
                f"{outcome.closed_after or float('nan'):.0f} s; the good client came "
                f"{len(outcome.waits)} times, waited {median(outcome.waits) * 1000:.0f} ms, "
                f"{max(outcome.waits) * 1000:.0f} ms at most, failed {outcome.failed} times"
            )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
