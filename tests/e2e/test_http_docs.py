"""Every curl command of docs/http.md works, and its output is as shown."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from entrypoints.http import exception_handlers, raw_responses
from entrypoints.http.images.conditional_responses import range_not_satisfiable
from entrypoints.http.problem_documents import Problem
from entrypoints.http.routes import web_sockets
from entrypoints.http.security import (
    bearer_token,
    body_limits,
    cors,
    host_origin,
    request_checks,
    signed_links,
    upload_limits,
)
from entrypoints.http.websocket import middleware
from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

DOCUMENT = ROOT / "docs" / "http.md"
OURS = "http://127.0.0.1:3000"


@dataclass(frozen=True)
class Example:
    """A command and its documented output."""

    command: str
    output: str

    @property
    def status(self) -> int | None:
        """The documented status, if there is one; all other examples succeed."""
        found = re.match(r"HTTP/1\.1 (\d+)", self.output)
        return int(found[1]) if found else None

    @property
    def documents(self) -> list[Any]:
        """The documented JSON: the body, or the data of the events."""
        events = re.findall(r"^data: (.*)$", self.output, re.MULTILINE)
        body = re.search(r"^\{.*", self.output, re.MULTILINE | re.DOTALL)
        return [json.loads(text) for text in (events or ([body[0]] if body else []))]


def examples() -> list[Example]:
    found = []
    for block in blocks(DOCUMENT, "console"):
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output))
    return found


def arguments_of(command: str, variables: Mapping[str, str]) -> list[str]:
    """The arguments of curl, split by a shell."""
    program, _, arguments = command.partition(" ")
    assert program == "curl"
    script = f"printf '%s\\0' {arguments}"
    done = subprocess.run(["/bin/sh", "-c", script], env=variables, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


async def run(arguments: Iterable[str], client: AsgiClient) -> Reply:
    """Send the request as curl would. Unknown options fail the test."""
    method, body, url = "GET", b"", ""
    headers: list[tuple[str, str]] = []
    rest: Iterator[str] = iter(arguments)
    for argument in rest:
        if argument == "-d":
            method, body = "POST", next(rest).encode()
        elif argument == "-H":
            name, _, value = next(rest).partition(": ")
            headers.append((name, value))
        elif argument == "-X":
            method = next(rest)
        elif argument == "-I":
            method = "HEAD"
        elif argument == "-o":
            next(rest)
        elif argument not in ("-i", "-N"):
            assert not url
            url = argument
    assert url.startswith(f"{OURS}/")
    host = next((value for name, value in headers if name == "Host"), urlsplit(OURS).netloc)
    headers = [pair for pair in headers if pair[0] != "Host"]
    return await client.request(method, url.removeprefix(OURS), headers, body, host=host)


def is_part_of(shown: Any, real: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether `real` has all shown members with the same types; lists count by their first item."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(
            name in real and is_part_of(value, real[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(real, list) and (not shown or is_part_of(shown[0], real[0]))
    return type(shown) is type(real)


def documents_of(reply: Reply) -> list[Any]:
    if reply.headers["content-type"].startswith("text/event-stream"):
        return [json.loads(text) for text in re.findall(rb"^data: (.*)$", reply.body, re.MULTILINE)]
    return [reply.json]


async def test_every_example_works_as_shown(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit="0")
    provider = FakeProvider(small_image(size=(1024, 1024)))
    async with asgi_client(settings, provider=provider) as client:
        created = await client.post("/images", {"prompt": "x"})
        names = {"ID": created.json["images"][0]["id"], "JOB": created.json["jobId"]}
        assert len(examples()) > 15
        for example in examples():
            reply = await run(arguments_of(example.command, names), client)
            assert reply.status == (example.status or reply.status), example
            assert (reply.status < 400) is (example.status is None), example
            real = documents_of(reply) if example.documents else []
            for shown in example.documents:
                assert any(is_part_of(shown, each) for each in real), (example.command, shown)


def test_the_problems_of_http_alone_are_listed() -> None:
    modules = (
        host_origin,
        exception_handlers,
        request_checks,
        middleware,
        web_sockets,
        upload_limits,
        raw_responses,
        bearer_token,
        signed_links,
        upload_limits,
        middleware,
        web_sockets,
        body_limits,
    )
    problems = [each for module in modules for each in vars(module).values()]
    known = {
        (each.status, each.code)
        for each in [*problems, range_not_satisfiable(0)]
        if isinstance(each, Problem) and each.code != "invalid_request"
    }
    text = DOCUMENT.read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
    assert {(int(status), code) for status, code in rows} == known


def test_the_headers_that_pages_can_read_are_listed() -> None:
    sentence = re.search(r"send any header and read ([^;]*);", DOCUMENT.read_text("utf-8"))
    assert sentence
    assert {name.lower() for name in re.findall(r"`([\w-]+)`", sentence[1])} == {
        *cors.EXPOSED_HEADERS
    }
