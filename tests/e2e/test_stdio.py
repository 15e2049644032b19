"""The server as an MCP host starts it: a process with a stdio transport."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ImageContent, ResourceLink, TextContent

from entrypoints.mcp.tools import TOOLS
from tests.conftest import KEY
from tests.e2e.host import INITIALIZE, SERVER, Host, text_of
from tests.standin import StandIn, faults
from tests.testkit.fakes import mask, small_image

Environment = dict[str, str]
TEAL = b64encode(small_image("teal", (64, 64)).data).decode()
RED = b64encode(small_image("red", (64, 64), "JPEG").data).decode()
MASK = b64encode(mask((64, 64)).data).decode()


def progress(host: Host) -> list[tuple[float, str]]:
    notes = [each for each in host.messages() if each.get("method") == "notifications/progress"]
    return [(note["params"]["progress"], note["params"]["message"]) for note in notes]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_generates_and_edits_in_both_eras(
    mode: Any,  # noqa: ANN401 - the SDK's own literal
    openai_api: StandIn,
    environment: Environment,
) -> None:
    steps: list[tuple[float, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, message))

    server = StdioServerParameters(command=SERVER, env=environment, cwd="/")
    async with Client(stdio_client(server), mode=mode) as client:
        tools = await client.list_tools()
        assert {tool.name for tool in tools.tools} >= {"generate_image", "edit_image"}
        generated = await client.call_tool(
            "generate_image",
            {"prompt": "a red bridge", "partialImages": 2},
            progress_callback=on_progress,
        )
        edited = await client.call_tool(
            "edit_image", {"prompt": "blue", "images": [TEAL, RED], "mask": MASK}
        )
    for result, first_line in [
        (generated, "Generated 1 image(s) successfully."),
        (edited, "Edited image(s) successfully."),
    ]:
        text, shown, link = result.content
        assert isinstance(text, TextContent)
        assert isinstance(shown, ImageContent)
        assert text.text.splitlines()[0] == first_line
        (entry,) = result.structured_content["images"]
        assert entry["id"] in text.text
        assert entry["path"] in text.text
        assert isinstance(link, ResourceLink)
        assert (link.uri, link.size) == (f"image://{entry['id']}", entry["bytes"])
    assert [message for _, message in steps][2:4] == [
        "Preview 1 of 2 ready.",
        "Preview 2 of 2 ready.",
    ]
    assert all(before < after for (before, _), (after, _) in pairwise(steps))
    assert len(openai_api.posts) == 2
    assert len(openai_api.posts[1].files) == 3


def test_stdout_has_only_json_rpc_and_the_key_leaks_nowhere(
    openai_api: StandIn, environment: Environment, tmp_path: Path
) -> None:
    openai_api.script(
        faults.normal(), faults.bad_key(), faults.html_page(), faults.status(500, message=KEY)
    )
    with Host(environment) as host:
        host.initialize()
        host.request("tools/list")
        calls = [
            host.call("generate_image", {"prompt": f"image {n}", "partialImages": 3}, f"token{n}")
            for n in range(4)
        ]
        calls += [host.call("generate_image", {"prompt": f"{n}", "fresh": True}) for n in range(4)]
        calls += [host.call("generate_image", {"prompt": "", "sise": KEY})]
        for number in calls:
            host.response(number)
        host.close_input()
        assert host.wait_for_exit() == 0
    for line in host.lines:
        assert json.loads(line)["jsonrpc"] == "2.0"
    everything = [b"".join(host.lines), host.errors]
    everything += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) >= 6
    secrets = [KEY.encode(), b64encode(KEY.encode()), KEY[3:].encode()]
    for content in everything:
        for secret in secrets:
            assert secret not in content


def test_progress_is_sent_only_with_a_progress_token(
    openai_api: StandIn, environment: Environment
) -> None:
    with Host(environment) as host:
        host.initialize()
        host.response(host.call("generate_image", {"prompt": "silent", "partialImages": 1}))
        assert progress(host) == []
        host.response(
            host.call("generate_image", {"prompt": "reported", "partialImages": 1}, "token")
        )
        assert len(progress(host)) == 4


def test_a_generation_of_25_seconds_sends_heartbeats_with_messages(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(25)
    with Host(environment) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "slow"}, "token")
        openai_api.wait_for_calls(1, timeout=20)
        host.response(number, 40)
    steps = progress(host)
    beats = [text for _, text in steps if text.startswith("Still generating after")]
    assert len(beats) >= 2
    assert all(before < after for (before, _), (after, _) in pairwise(steps))


def test_partials_are_reported_before_the_image_exists(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(1.2)
    with Host(environment) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "slow", "partialImages": 2}, "token")
        host.wait_for(lambda each: "Preview 1" in each.get("params", {}).get("message", ""))
        assert not any(each.get("id") == number for each in host.messages())
        host.response(number)


def test_twelve_images_of_each_format_are_stored_unchanged(
    openai_api: StandIn, environment: Environment
) -> None:
    calls = [
        (format_name, number) for format_name in ("png", "jpeg", "webp") for number in range(3)
    ]
    with Host(environment) as host:
        host.initialize()
        for at, (format_name, number) in enumerate(calls):
            arguments = {"prompt": f"four, {number}", "n": 4, "format": format_name}
            response = host.response(host.call("generate_image", arguments))
            entries = response["result"]["structuredContent"]["images"]
            digests = tuple(_digest(Path(entry["path"])) for entry in entries)
            assert openai_api.ledger[at].digests == digests
    for suffix in ("png", "jpg", "webp"):
        files = {_digest(path) for path in Path(environment["OUTPUT_DIR"]).glob(f"*.{suffix}")}
        assert len(files) == 12


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_no_message_is_larger_than_result_max_bytes(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.revised_prompt("é☀" * 6_000)
    with Host(environment | {"RESULT_MAX_BYTES": "300000"}) as host:
        host.initialize()
        responses = [
            host.response(host.call("generate_image", {"prompt": "large", "n": n}, "token"))
            for n in (1, 4)
        ]
    assert max(map(len, host.lines)) <= 300_000
    for n, response in zip((1, 4), responses, strict=True):
        text, *shown = response["result"]["content"][: 1 + n]
        entries = response["result"]["structuredContent"]["images"]
        assert [entry["shown"] for entry in entries] == ["preview"] * n
        assert len(shown) == n
        for entry, inline in zip(entries, shown, strict=True):
            assert len(b64decode(inline["data"])) < entry["bytes"]
            assert entry["path"] in text["text"]
            assert Path(entry["path"]).stat().st_size == entry["bytes"]


@pytest.mark.parametrize(
    ("client", "changes", "shown"),
    [
        ("claude-code", {}, "full"),
        ("claude-code", {"RESULT_MAX_BYTES": "900000"}, "preview"),
        ("claude-ai", {}, "preview"),
    ],
)
def test_a_client_that_takes_large_messages_gets_the_image_itself_unless_the_setting_says_otherwise(
    client: str, changes: Environment, shown: str, openai_api: StandIn, environment: Environment
) -> None:
    params = INITIALIZE["params"] | {"clientInfo": {"name": client, "version": "2.1.332"}}
    with Host(environment | changes) as host:
        host.request("initialize", params)
        host.notify("notifications/initialized")
        response = host.response(host.call("generate_image", {"prompt": "large"}))
    (entry,) = response["result"]["structuredContent"]["images"]
    assert entry["shown"] == shown
    _, inline, _ = response["result"]["content"]
    assert (len(b64decode(inline["data"])) == entry["bytes"]) == (shown == "full")


def test_an_image_that_fits_only_without_its_envelope_is_shown_as_a_preview(
    openai_api: StandIn, environment: Environment
) -> None:
    arguments = {"prompt": "x", "format": "jpeg", "quality": "high", "fresh": True}
    params = {"name": "generate_image", "arguments": arguments}
    call = {"id": "a client's own long ID, " * 40, "method": "tools/call", "params": params}

    def last_line(max_bytes: int) -> bytes:
        with Host(environment | {"RESULT_MAX_BYTES": str(max_bytes)}) as host:
            host.initialize()
            host._write(call)
            host.wait_for(lambda each: each.get("id") == call["id"])
        return host.lines[-1]

    whole = last_line(1_000_000)
    assert b'"shown":"full"' in whole
    assert len(last_line(len(whole) - 1)) < len(whole)


def test_a_small_image_is_shown_in_full(openai_api: StandIn, environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        response = host.response(
            host.call("generate_image", {"prompt": "small", "format": "jpeg", "quality": "low"})
        )
    (entry,) = response["result"]["structuredContent"]["images"]
    inline = b64decode(response["result"]["content"][1]["data"])
    assert entry["shown"] == "full"
    assert sha256(inline).hexdigest() in openai_api.ledger[0].digests[0]


def test_garbage_in_the_input_does_not_end_the_server(environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        assert host.process.stdin is not None
        host.process.stdin.write(b'\xff\xfe{"half\n\n[]\n{"jsonrpc":"2.0","id":"x"}\n')
        assert len(host.request("tools/list")["result"]["tools"]) == len(TOOLS)


def test_an_unknown_tool_and_non_object_arguments_are_protocol_errors(
    environment: Environment,
) -> None:
    with Host(environment) as host:
        host.initialize()
        unknown = host.request("tools/call", {"name": "draw", "arguments": {}})
        assert unknown["error"]["code"] == -32602
        assert "generate_image" in unknown["error"]["message"]
        wrong = host.request("tools/call", {"name": "generate_image", "arguments": [1]})
        assert wrong["error"]["code"] == -32602


def test_without_a_key_the_server_draws_offline_and_reports_it(environment: Environment) -> None:
    del environment["OPENAI_API_KEY"]
    with Host(environment) as host:
        host.initialize()
        response = host.response(
            host.call("generate_image", {"prompt": "a hill", "size": "256x256"})
        )
    assert "offline" in text_of(response).lower()
    assert response["result"]["structuredContent"]["provider"] == "sketch"
