"""Hundreds of slow clients against the real server, while one normal client keeps calling.

`make slow-clients` runs this on Linux if slowhttptest is installed (Debian has a package). It takes
two minutes, so it is not part of the tests. The exit code is 1 unless the normal client always got
a response within a second and all slow connections were closed.
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
MAX_LATENCY = 1.0
"""Seconds within which the normal client must always get its response."""
MAX_SECONDS = 60
"""Seconds within which all slow connections must be closed."""
ATTACKS = {
    "slow headers": "-H -i 3 -x 24 -t GET -u {url}/livez",
    "slow bodies": "-B -i 2 -x 10 -s 8192 -t POST -f application/json -u {url}/images",
    "slow readers": "-X -w 512 -y 1024 -n 5 -z 32 -k 3 -u {image}",
}
ESTABLISHED = "01"


@dataclass
class Outcome:
    """Seconds of each normal call, failures, most connections, and seconds until all closed."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    max_connections: int = 0
    closed_after: float | None = None

    @property
    def passed(self) -> bool:
        served = not self.failed and max(self.latencies) < MAX_LATENCY
        return served and self.max_connections >= CLIENTS and self.closed_after is not None


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """Start a server with offline sketches; yield its port."""
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


def call(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """Call the server as the normal client; return the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise http.client.HTTPException(response.status)
    return content


def connections(port: int) -> int:
    """The number of the server's open connections."""
    local = f":{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()]
    return sum(line[1].endswith(local) and line[3] == ESTABLISHED for line in lines[1:])


def attack(command: list[str], port: int, path: str) -> Outcome:
    """Start the slow clients; call ten times a second until their connections are closed."""
    outcome, start = Outcome(), monotonic()
    slow = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while monotonic() - start < MAX_SECONDS and outcome.closed_after is None:
        called = monotonic()
        try:
            call(port, "GET", path)
        except (OSError, http.client.HTTPException):
            outcome.failed += 1
        outcome.latencies.append(monotonic() - called)
        open_now = connections(port)
        outcome.max_connections = max(outcome.max_connections, open_now)
        if outcome.max_connections >= CLIENTS and open_now < CLIENTS / 100:
            outcome.closed_after = monotonic() - start
        sleep(0.1)
    slow.kill()
    slow.wait()
    return outcome


def main() -> int:
    """Run all attacks and print a line for each."""
    program = shutil.which("slowhttptest")
    if program is None:
        print("slowhttptest is not installed: nothing was run.")
        return 0
    passed = True
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as port:
        created = json.loads(call(port, "POST", "/images", b'{"prompt": "a red bridge"}'))
        path = f"/images/{created['images'][0]['id']}"
        url = f"http://127.0.0.1:{port}"
        for name, options in ATTACKS.items():
            arguments = options.format(url=url, image=url + path).split()
            always = ["-c", str(CLIENTS), "-r", "200", "-l", str(MAX_SECONDS)]
            outcome = attack([program, *arguments, *always], port, path)
            passed &= outcome.passed
            print(
                f"{name}: {outcome.max_connections} connections, all closed after "
                f"{outcome.closed_after or float('nan'):.0f} s; the normal client made "
                f"{len(outcome.latencies)} calls in {median(outcome.latencies) * 1000:.0f} ms, "
                f"{max(outcome.latencies) * 1000:.0f} ms at most, failed {outcome.failed} times"
            )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
