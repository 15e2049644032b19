"""What `/v1` adds to the OpenAI API behind it, compared with what `POST /images` adds."""

import json
from base64 import b64decode
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from benchmarks.image_serving import TIMEOUT, free_port, start_server
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import KEY, Rig, parameters

HEADERS = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
OPENAI_PATH, OWN_PATH = "/images/generations", "/images?inline=true"


def openai_api_lines(rig: Rig, rounds: int) -> list[Line]:
    """One new 1024x1024 PNG after the other as base64: from the API itself, and by both doors."""
    times = _measure(rig, rounds)
    bare = times["bare"]
    return [
        Line(
            name="a PNG by /v1",
            ours=times["/v1"],
            against="the API behind it",
            base=bare,
        ),
        Line(
            name="what /v1 adds",
            ours=_added(times["/v1"], bare),
            against="what POST /images adds",
            base=_added(times["/images"], bare),
        ),
    ]


def _added(times: list[float], bare: list[float]) -> list[float]:
    return [ours - theirs for ours, theirs in zip(times, bare, strict=True)]


def _measure(rig: Rig, rounds: int) -> dict[str, list[float]]:
    port, api = free_port(), urlsplit(rig.base_url)
    command = [rig.server, "http", "--port", str(port)]
    with ExitStack() as stack:
        stack.enter_context(start_server(command, port, rig.environment | {"RATE_LIMIT": "0"}))
        own = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        bare = HTTPConnection(str(api.hostname), api.port, timeout=TIMEOUT)
        stack.callback(own.close)
        stack.callback(bare.close)
        return interleave(
            rounds,
            lambda: {"bare": _time(bare, api.path + OPENAI_PATH)},
            lambda: {"/v1": _time(own, "/v1" + OPENAI_PATH)},
            lambda: {"/images": _time(own, OWN_PATH)},
        )


def _time(connection: HTTPConnection, path: str) -> float:
    """The ms from the request until the image is decoded."""
    wanted = {name: value for name, value in parameters().items() if isinstance(value, str | int)}
    if path == OWN_PATH:
        wanted = {name: wanted[name] for name in ("prompt", "model", "size", "quality")}
    with Stopwatch() as watch:
        connection.request("POST", path, json.dumps(wanted).encode(), HEADERS)
        response = connection.getresponse()
        reply: dict[str, Any] = json.loads(response.read())
        assert response.status < 300, reply
        data = b64decode(reply["images"][0]["data"] if path == OWN_PATH else _b64_json(reply))
    assert data.startswith(b"\x89PNG")
    return watch.wall


def _b64_json(reply: dict[str, Any]) -> str:
    text: str = reply["data"][0]["b64_json"]
    return text
