"""Equal requests cost one call, whichever client and transport they come from."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from domain.requests import GenerateRequest
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.host import SERVER, Host, text_of
from tests.e2e.transports import TRANSPORTS, connect_in_memory, connect_over, settings_for
from tests.standin import StandIn, faults

Environment = dict[str, str]
CALL = {"prompt": "a red bridge"}


def run(environment: Environment, *arguments: str) -> str:
    done = subprocess.run(
        [SERVER, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_one_call_serves_stdio_the_command_line_and_a_later_server(
    openai_api: StandIn, environment: Environment
) -> None:
    with Host(environment) as host:
        host.initialize()
        first = host.response(host.call("generate_image", CALL))["result"]["structuredContent"]
        again = host.response(host.call("generate_image", CALL | {"partialImages": 2}))
        host.close_input()
        assert host.wait_for_exit() == 0
    reused = ("From the cache (memory), created ", "shared with an equal request")
    assert any(words in text_of(again) for words in reused)  # the first may still be cached
    printed = json.loads(run(environment, "generate", "a red bridge", "--json"))
    with Host(environment) as host:
        host.initialize()
        later = host.response(host.call("generate_image", CALL))["result"]["structuredContent"]
    assert len(openai_api.posts) == 1
    assert (printed["servedFrom"], printed["costUsd"]) == ("disk", 0.0)
    assert later["servedFrom"] == "disk"
    assert first["images"][0]["path"] == printed["images"][0]["path"] == later["images"][0]["path"]


async def generate(
    api: StandIn, folder: Path, *calls: dict[str, Any], **values: float
) -> list[dict[str, Any]]:
    """The structured results of calls to a server in this process; {} for a failed call."""
    async with connect_in_memory(settings_for(api, folder, **values)) as client:
        results = [await client.call_tool("generate_image", CALL | call) for call in calls]
    return [result.structured_content or {} for result in results]


async def cached(client: Client) -> str:
    """Where the result of the call comes from; "joined" until the first one is cached."""
    result = await client.call_tool("generate_image", CALL)
    return str((result.structured_content or {})["servedFrom"])


@pytest.mark.anyio
async def test_a_cache_hit_restores_a_missing_file(openai_api: StandIn, tmp_path: Path) -> None:
    (first,) = await generate(openai_api, tmp_path, {})
    file = Path(first["images"][0]["path"])
    whole = file.read_bytes()
    file.unlink()
    await generate(openai_api, tmp_path, {})
    assert file.read_bytes() == whole
    assert len(openai_api.posts) == 1


@pytest.mark.anyio
async def test_a_fresh_image_is_one_more_call_and_replaces_the_cached_one(
    openai_api: StandIn, tmp_path: Path
) -> None:
    _, fresh, later = await generate(openai_api, tmp_path, {}, {"fresh": True}, {})
    assert len(openai_api.posts) == 2
    assert later["images"][0]["id"] == fresh["images"][0]["id"]


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [faults.empty_data(), faults.status(500), faults.other_count(1)])
async def test_failures_and_incomplete_results_are_not_cached(
    fault: faults.Fault, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.script(fault)
    await generate(openai_api, tmp_path, {"n": 2}, {"n": 2}, {"n": 2})
    assert len(openai_api.posts) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("damage", ["file", "garbage"])
async def test_an_unusable_cache_does_not_fail_a_request(
    damage: str, openai_api: StandIn, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    if damage == "file":
        folder.write_text("in the way")
    else:
        (folder / "entries").mkdir(parents=True)
        (folder / "entries" / "cache.db").write_bytes(b"not a database" * 1000)
    (result,) = await generate(openai_api, tmp_path, {})
    assert Path(result["images"][0]["path"]).exists()
    assert len(openai_api.posts) == 1


@pytest.mark.anyio
async def test_without_a_disk_the_cache_works_in_memory_and_a_warning_is_logged(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").write_text("in the way")
    async with connect_in_memory(settings_for(openai_api, tmp_path)) as client:
        await client.call_tool("generate_image", CALL)
        while (await cached(client)) != "memory":
            assert len(openai_api.posts) == 1
    assert len(openai_api.posts) == 1
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    warnings = [line for line in lines if line["level"] == "warning"]
    assert {line["event"] for line in warnings} == {"cache tier failed"}
    assert all(str(tmp_path / "cache") in line["reason"] for line in warnings)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "limits", [{"cache_ttl": 0}, {"cache_max_size": 0, "cache_memory_size": 0}]
)
async def test_a_cache_of_zero_bytes_or_seconds_stores_nothing(
    limits: dict[str, int], openai_api: StandIn, tmp_path: Path
) -> None:
    await generate(openai_api, tmp_path, {}, {}, **limits)
    assert len(openai_api.posts) == 2


@pytest.mark.anyio
async def test_expired_entries_are_deleted_from_the_disk_in_the_background(
    openai_api: StandIn, tmp_path: Path
) -> None:
    def files() -> list[str]:
        """The cached values; folders may disappear meanwhile, which os.walk takes."""
        names = (name for _, _, names in os.walk(tmp_path / "cache") for name in names)
        return [name for name in names if name.endswith(".val")]

    settings = settings_for(openai_api, tmp_path, cache_ttl=1.0)
    async with run_application(settings, sweep_seconds=0.05) as container:
        await (await container.generate_image()(GenerateRequest(prompt="x"))).result()
        await container.job_runner().drain(10)  # the result is cached by then
        assert files()
        with anyio.fail_after(10):
            while files():  # noqa: ASYNC110 - files have no event to wait for
                await asyncio.sleep(0.01)


def test_the_commands_show_and_clear_the_cache(
    openai_api: StandIn, environment: Environment
) -> None:
    run(environment, "generate", "a red bridge")
    (memory, disk) = json.loads(run(environment, "cache", "stats", "--json"))["tiers"]
    assert (memory["tier"], memory["entries"]) == ("memory", 0)
    assert (disk["tier"], disk["entries"]) == ("disk", 1)
    assert disk["bytes"] >= 1_700_000
    assert run(environment, "cache", "clear").startswith("Image cache cleared successfully.")
    shown = run(environment, "cache", "stats")
    assert shown == "disk: 0 entries, 0.0 of 100 MB; an entry lives 3600 s\n"
    run(environment, "generate", "a red bridge")
    assert len(openai_api.posts) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_tools_show_and_clear_the_cache(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with connect_over(transport, settings_for(openai_api, tmp_path)) as client:
        await client.call_tool("generate_image", CALL)
        before, _ = (await client.call_tool("cache_stats", {})).structured_content["tiers"]
        await client.call_tool("generate_image", CALL)
        memory, disk = (await client.call_tool("cache_stats", {})).structured_content["tiers"]
        # Two each: a result and its preview. The first call may hit a preview that was made early.
        assert (memory["hits"] - before["hits"], memory["misses"], memory["entries"]) == (2, 2, 2)
        assert (disk["hits"], disk["misses"], disk["entries"]) == (0, 2, 2)
        cleared = await client.call_tool("clear_cache", {})
        assert cleared.structured_content["entries"] >= 1
        again = await client.call_tool("clear_cache", {"all": True})  # an argument of the host
        assert not again.is_error
        assert again.structured_content["entries"] == 0
        await client.call_tool("generate_image", CALL)
    assert len(openai_api.posts) == 2
