"""What a picture costs that is fetched over HTTP, beside nginx with the same file."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.measure import Line, interleaved
from benchmarks.rig import Rig, prompt

MISSING = "nginx and wrk are not installed: nothing was measured of pictures over HTTP."
SERVER = str(Path(sys.executable).with_name("mcp-server-gpt-image"))
CONNECTIONS = (1, 16, 64)
MANY = 16
"""Connections over which what has not changed is asked for."""
SECONDS = 1
"""Of each measurement; wrk knows no fractions."""
PATIENCE = 20.0
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
    """Whether there is somebody to compare with, and somebody who asks."""
    return all(map(shutil.which, ("nginx", "wrk")))


def serving_lines(rig: Rig, rounds: int) -> list[Line]:
    """A picture at 1, 16 and 64 connections, and what a client is told that has it already."""
    if not can_serve():
        return []
    with ExitStack() as stack:
        ours = stack.enter_context(_our_server(rig))
        picture = _painted(ours)
        path = Path(str(picture["path"]))
        theirs = f"{stack.enter_context(_nginx(rig, path.parent))}/{path.name}"
        url, tag = str(picture["url"]), f'"{path.stem.removeprefix("img_")}"'
        sides = [
            side
            for c in CONNECTIONS
            for side in (
                lambda c=c: {f"ours {c}": _asked(url, c)},
                lambda c=c: {f"theirs {c}": _asked(theirs, c)},
            )
        ]
        taken = interleaved(
            rounds, *sides, lambda: {"known": _asked(url, MANY, f"If-None-Match: {tag}")}
        )
    lines = [
        Line(
            name=f"GET /images/…, {c} at once",
            ours=taken[f"ours {c}"],
            against="nginx, the same file",
            base=taken[f"theirs {c}"],
            goal=1.33,
        )
        for c in CONNECTIONS
    ]
    whole = taken[f"ours {MANY}"]
    known = Line(name="· 304", ours=taken["known"], against="the 200", base=whole, goal=0.5)
    return [*lines, known]


def _asked(url: str, connections: int, *headers: str) -> float:
    """The ms that a request takes where so many are asked at once, one after the other each."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s"]
    for header in headers:
        command += ["-H", header]
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout  # noqa: S603 - a program that is asked for
    assert "Non-2xx" not in told or headers, told
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert rate, told
    return 1000 / float(rate[1])


@contextmanager
def _our_server(rig: Rig) -> Iterator[str]:
    """The installed command on a free port; its address."""
    port = free_port()
    with started([SERVER, "http", "--port", str(port)], port, rig.environment):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _nginx(rig: Rig, root: Path) -> Iterator[str]:
    """One process of nginx that serves this folder; its address."""
    port, folder = free_port(), rig.folder / "nginx"
    folder.mkdir()
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(port=port, root=root), encoding="utf-8")
    with started(["nginx", "-p", str(folder), "-c", str(configuration)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def started(
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
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _painted(url: str) -> dict[str, object]:
    """What is told of a picture that was made just now."""
    body = json.dumps({"prompt": prompt()}).encode()
    request = Request(f"{url}/images", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - the same
        picture: dict[str, object] = json.load(answer)["images"][0]
    return picture
