"""Every curl command of docs/http.md does what the document says, and says what it shows."""

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
from entrypoints.http.security import bearer_token, body_limits, cors, host_origin, request_checks
from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

DOCUMENT = ROOT / "docs" / "http.md"
OURS = "http://127.0.0.1:3000"


@dataclass(frozen=True)
class Example:
    """A command and what it prints."""

    command: str
    output: str

    @property
    def status(self) -> int | None:
        """What it shows with -i; all others succeed."""
        found = re.match(r"HTTP/1\.1 (\d+)", self.output)
        return int(found[1]) if found else None

    @property
    def documents(self) -> list[Any]:
        """JSON that it prints: its body, or the data of its events."""
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


def words_of(command: str, variables: Mapping[str, str]) -> list[str]:
    """What a shell makes of the arguments of curl."""
    program, _, arguments = command.partition(" ")
    assert program == "curl"
    script = f"printf '%s\\0' {arguments}"
    done = subprocess.run(["/bin/sh", "-c", script], env=variables, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


async def run(words: Iterable[str], client: AsgiClient) -> Reply:
    """Ask as curl would. Options that this does not know are a fault."""
    method, body, url = "GET", b"", ""
    headers: list[tuple[str, str]] = []
    rest: Iterator[str] = iter(words)
    for word in rest:
        if word in ("--json", "-d"):
            method, body = "POST", next(rest).encode()
            headers += [("Content-Type", "application/json")] if word == "--json" else []
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers.append((name, value))
        elif word == "-X":
            method = next(rest)
        elif word == "-I":
            method = "HEAD"
        elif word == "-o":
            next(rest)
        elif word not in ("-i", "-N"):
            assert not url
            url = word
    assert url.startswith(f"{OURS}/")
    host = next((value for name, value in headers if name == "Host"), urlsplit(OURS).netloc)
    headers = [pair for pair in headers if pair[0] != "Host"]
    return await client.request(method, url.removeprefix(OURS), headers, body, host=host)


def is_part_of(shown: Any, real: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether all that is shown is there, with values of that kind; lists by their first."""
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


async def test_every_example_answers_as_it_is_shown(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit="0")
    provider = FakeProvider(small_image(size=(1024, 1024)))
    async with asgi_client(settings, provider=provider) as client:
        painted = await client.post("/images", {"prompt": "x"})
        names = {"ID": painted.json["images"][0]["id"], "JOB": painted.json["jobId"]}
        assert len(examples()) > 15
        for example in examples():
            reply = await run(words_of(example.command, names), client)
            assert reply.status == (example.status or reply.status), example
            assert (reply.status < 400) is (example.status is None), example
            real = documents_of(reply) if example.documents else []
            for shown in example.documents:
                assert any(is_part_of(shown, each) for each in real), (example.command, shown)


def test_the_doors_own_problems_are_listed() -> None:
    modules = (
        host_origin,
        exception_handlers,
        request_checks,
        raw_responses,
        bearer_token,
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


def test_the_headers_that_pages_may_read_are_listed() -> None:
    said = re.search(r"send any header and read ([^;]*);", DOCUMENT.read_text("utf-8"))
    assert said
    assert {name.lower() for name in re.findall(r"`([\w-]+)`", said[1])} == {*cors.EXPOSED_HEADERS}
