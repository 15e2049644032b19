"""The cost of fetching an image over HTTP, compared with nginx and the same file."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.measure import Line, interleave
from benchmarks.rig import Rig, prompt

NO_SERVERS = "nginx and wrk are not installed: images over HTTP were not measured."
CONNECTIONS = (1, 16, 64)
MANY = 16
"""Connections of the conditional requests."""
SECONDS = 1
"""Seconds of each measurement; wrk accepts no fractions."""
TIMEOUT = 20.0
CONFIGURATION = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    types {{ image/png png; }}
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c;
    uwsgi_temp_path d; scgi_temp_path e;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def can_serve() -> bool:
    """Whether nginx, to compare with, and wrk, the client, are installed."""
    return all(map(shutil.which, ("nginx", "wrk")))


def serving_lines(rig: Rig, rounds: int) -> list[Line]:
    """An image at 1, 16 and 64 connections, and the 304 for a client that has it already."""
    if not can_serve():
        return []
    with ExitStack() as stack:
        ours = stack.enter_context(_our_server(rig))
        image = _generate(ours)
        path = Path(str(image["path"]))
        theirs = f"{stack.enter_context(_nginx(rig, path.parent))}/{path.name}"
        url, tag = str(image["url"]), f'"{str(image["id"]).removeprefix("img_")}"'
        sides = [
            side
            for c in CONNECTIONS
            for side in (
                lambda c=c: {f"ours {c}": _time_requests(url, c)},
                lambda c=c: {f"theirs {c}": _time_requests(theirs, c)},
            )
        ]
        times = interleave(
            rounds, *sides, lambda: {"known": _time_requests(url, MANY, f"If-None-Match: {tag}")}
        )
    lines = [
        Line(
            name=f"GET /images/…, {c} at once",
            ours=times[f"ours {c}"],
            against="nginx, the same file",
            base=times[f"theirs {c}"],
            goal=1.33,
        )
        for c in CONNECTIONS
    ]
    whole = times[f"ours {MANY}"]
    known = Line(name="· 304", ours=times["known"], against="the 200", base=whole, goal=0.5)
    return [*lines, known]


def _time_requests(url: str, connections: int, *headers: str) -> float:
    """The ms of a request, with sequential requests on each of so many connections."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s"]
    for header in headers:
        command += ["-H", header]
    output = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout  # noqa: S603 - an installed program
    assert "Non-2xx" not in output or headers, output
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert rate, output
    return 1000 / float(rate[1])


@contextmanager
def _our_server(rig: Rig) -> Iterator[str]:
    """The installed command on a free port; its address."""
    port = free_port()
    with start_server([rig.server, "http", "--port", str(port)], port, rig.environment):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _nginx(rig: Rig, root: Path) -> Iterator[str]:
    """One process of nginx that serves this folder; its address."""
    port, folder = free_port(), rig.folder / "nginx"
    folder.mkdir()
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(port=port, root=root), encoding="utf-8")
    with start_server(["nginx", "-p", str(folder), "-c", str(configuration)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def start_server(
    command: list[str], port: int, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that listens on this port."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - ours, or nginx
        try:
            _wait_for(port)
            yield process
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError(f"no server listens on port {port}")


def free_port() -> int:
    """A free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _generate(url: str) -> dict[str, object]:
    """Generate an image; return its entry in the reply."""
    body = json.dumps({"prompt": prompt()}).encode()
    request = Request(f"{url}/images", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310 - the same
        image: dict[str, object] = json.load(reply)["images"][0]
    return image
