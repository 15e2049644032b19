"""The server and the MCP Inspector's command line, over both transports and in both eras."""

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

CallMethod = Callable[..., Awaitable[Answer]]

# The first test in a new checkout waits for the installation.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
in_both_eras = pytest.mark.parametrize("era", ["legacy", "modern"])


@pytest.fixture(scope="session")
def inspector() -> Inspector:
    """The installed Inspector; a session fixture runs before a test's environment is hidden."""
    return Inspector.installed()


@pytest.fixture(params=["stdio", "http"])
async def call_method(
    request: pytest.FixtureRequest,
    inspector: Inspector,
    openai_api: StandIn,
    environment: dict[str, str],
    tmp_path: Path,
) -> AsyncIterator[CallMethod]:
    """Calls one method of a server process that is started for it, or of a listening server."""
    if request.param == "stdio":
        yield lambda *arguments: to_thread.run_sync(lambda: inspector.call(environment, *arguments))
        return
    async with serve(settings_for(openai_api, tmp_path)) as url:
        yield lambda *arguments: to_thread.run_sync(
            lambda: inspector.call_at(f"{url}/mcp", *arguments)
        )


def tool_call(tool: str, **arguments: str) -> list[str]:
    pairs = [f"{name}={value}" for name, value in arguments.items()]
    return ["tools/call", "--tool-name", tool, "--tool-arg", *pairs]


def check_success(answer: Answer, era: str, first_line: str, api: StandIn) -> None:
    """Check the text, that the image can be decoded, and that the file is the charged image."""
    assert answer.code == 0
    assert not answer.result.get("isError")
    assert speaks_modern(answer.result) is (era == "modern")
    text, shown, link = answer.result["content"]
    assert text["text"].splitlines()[0] == first_line
    assert shown["type"] == "image"
    assert Image(b64decode(shown["data"])).format.media_type == shown["mimeType"]
    (entry,) = answer.result["structuredContent"]["images"]
    assert (link["type"], link["uri"]) == ("resource_link", f"image://{entry['id']}")
    (charge,) = api.ledger
    assert charge.digests == (sha256(Path(entry["path"]).read_bytes()).hexdigest(),)


def speaks_modern(result: dict[str, Any]) -> bool:
    """Whether the result has the server's info, which only the modern era adds."""
    return "io.modelcontextprotocol/serverInfo" in result.get("_meta", {})


@in_both_eras
async def test_all_tools_are_listed_with_portable_schemas(
    era: str, call_method: CallMethod
) -> None:
    answer = await call_method(era, "tools/list", "--strict")
    assert answer.findings == []
    assert answer.code == 0
    names = [tool.name for tool in TOOLS]
    assert [tool["name"] for tool in answer.result["tools"]] == names


@in_both_eras
async def test_an_image_is_generated_by_one_call(
    era: str, call_method: CallMethod, openai_api: StandIn
) -> None:
    answer = await call_method(era, *tool_call("generate_image", prompt="a red bridge"))
    check_success(answer, era, "Generated 1 image(s) successfully.", openai_api)
    (sent,) = openai_api.calls
    assert (sent.method, sent.path) == ("POST", "/v1/images/generations")
    assert (sent.fields["prompt"], sent.files) == ("a red bridge", [])


@in_both_eras
async def test_two_images_and_a_mask_are_edited_by_one_call_and_sent_unchanged(
    era: str, call_method: CallMethod, openai_api: StandIn
) -> None:
    teal, red, mask_image = (
        small_image("teal", (64, 64)),
        small_image("red", (64, 64), "JPEG"),
        mask((64, 64)),
    )
    first, second, third = (b64encode(image.data).decode() for image in (teal, red, mask_image))
    options = tool_call("edit_image", prompt="blue", images=json.dumps([first, second]), mask=third)
    answer = await call_method(era, *options)
    check_success(answer, era, "Edited image(s) successfully.", openai_api)
    (sent,) = openai_api.calls
    assert (sent.method, sent.path) == ("POST", "/v1/images/edits")
    assert sent.fields["prompt"] == "blue"
    assert [(each.field, each.content_type, each.data) for each in sent.files] == [
        ("image[]", "image/png", teal.data),
        ("image[]", "image/jpeg", red.data),
        ("mask", "image/png", mask_image.data),
    ]


async def test_a_rejected_call_is_an_error_result_and_costs_nothing(
    call_method: CallMethod, openai_api: StandIn
) -> None:
    answer = await call_method("modern", *tool_call("generate_image", prompt='""'))
    assert answer.code == 5  # the Inspector's own code for isError
    assert answer.result["isError"] is True
    (text,) = answer.result["content"]
    assert text["text"].startswith("prompt must not be empty.\n")
    assert "Nothing was charged." in text["text"]
    assert openai_api.calls == []
