"""The server as the MCP Inspector's command line sees it: both transports, both eras."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from domain.image import Image
from entrypoints.mcp.tools import TOOLS
from tests.e2e.inspector_cli import Answer, Inspector
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn
from tests.testkit.fakes import mask, small_image

Ask = Callable[..., Awaitable[Answer]]

# Whichever test comes first in a new checkout waits for the installation.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
in_both_eras = pytest.mark.parametrize("era", ["legacy", "modern"])


@pytest.fixture(scope="session")
def inspector() -> Inspector:
    """A fixture of the session is made before any test's environment is hidden."""
    return Inspector.installed()


@pytest.fixture(params=["stdio", "http"])
async def ask(
    request: pytest.FixtureRequest,
    inspector: Inspector,
    openai_api: StandIn,
    environment: dict[str, str],
    tmp_path: Path,
) -> AsyncIterator[Ask]:
    """Ask one thing, of a process that is started for it or of a server that listens."""
    if request.param == "stdio":
        yield lambda *words: to_thread.run_sync(lambda: inspector.call(environment, *words))
        return
    async with serve(settings_for(openai_api, tmp_path)) as url:
        yield lambda *words: to_thread.run_sync(lambda: inspector.call_at(f"{url}/mcp", *words))


def call(tool: str, **arguments: str) -> list[str]:
    pairs = [f"{name}={value}" for name, value in arguments.items()]
    return ["tools/call", "--tool-name", tool, "--tool-arg", *pairs]


def check_success(answer: Answer, era: str, first_line: str, api: StandIn) -> None:
    """The words, an image that can be read, and a file that is byte for byte what was paid for."""
    assert answer.code == 0
    assert not answer.result.get("isError")
    assert speaks_modern(answer.result) is (era == "modern")
    text, shown = answer.result["content"]
    assert text["text"].splitlines()[0] == first_line
    assert shown["type"] == "image"
    assert Image(b64decode(shown["data"])).format.media_type == shown["mimeType"]
    (entry,) = answer.result["structuredContent"]["images"]
    (charge,) = api.ledger
    assert charge.digests == (sha256(Path(entry["path"]).read_bytes()).hexdigest(),)


def speaks_modern(result: dict[str, Any]) -> bool:
    """Only a server of the modern era introduces itself with each result."""
    return "io.modelcontextprotocol/serverInfo" in result.get("_meta", {})


@in_both_eras
async def test_all_tools_are_listed_and_their_schemas_are_portable_without_a_warning(
    era: str, ask: Ask
) -> None:
    answer = await ask(era, "tools/list", "--strict")
    assert answer.findings == []
    assert answer.code == 0
    names = [tool.name for tool in TOOLS]
    assert [tool["name"] for tool in answer.result["tools"]] == names


@in_both_eras
async def test_a_picture_is_generated_by_one_call(era: str, ask: Ask, openai_api: StandIn) -> None:
    answer = await ask(era, *call("generate_image", prompt="a red bridge"))
    check_success(answer, era, "Generated 1 image(s) successfully.", openai_api)
    (sent,) = openai_api.calls
    assert (sent.method, sent.path) == ("POST", "/v1/images/generations")
    assert (sent.fields["prompt"], sent.files) == ("a red bridge", [])


@in_both_eras
async def test_two_pictures_and_a_mask_are_edited_by_one_call_and_arrive_byte_for_byte(
    era: str, ask: Ask, openai_api: StandIn
) -> None:
    teal, red, over = (
        small_image("teal", (64, 64)),
        small_image("red", (64, 64), "JPEG"),
        mask((64, 64)),
    )
    first, second, third = (b64encode(image.data).decode() for image in (teal, red, over))
    asked = call("edit_image", prompt="blue", images=json.dumps([first, second]), mask=third)
    answer = await ask(era, *asked)
    check_success(answer, era, "Edited image(s) successfully.", openai_api)
    (sent,) = openai_api.calls
    assert (sent.method, sent.path) == ("POST", "/v1/images/edits")
    assert sent.fields["prompt"] == "blue"
    assert [(each.field, each.content_type, each.data) for each in sent.files] == [
        ("image[]", "image/png", teal.data),
        ("image[]", "image/jpeg", red.data),
        ("mask", "image/png", over.data),
    ]


async def test_a_refused_call_is_a_result_that_says_why_and_costs_nothing(
    ask: Ask, openai_api: StandIn
) -> None:
    answer = await ask("modern", *call("generate_image", prompt='""'))
    assert answer.code == 5  # the Inspector's own code for isError
    assert answer.result["isError"] is True
    (text,) = answer.result["content"]
    assert text["text"].startswith("prompt must not be empty.\n")
    assert "Nothing was charged." in text["text"]
    assert openai_api.calls == []
