"""The stdio server starts whatever its settings are, and its tools say what is wrong with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from entrypoints.bootstrap import lifecycle
from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.cli.app import main
from entrypoints.cli.command_settings import command_settings
from entrypoints.config.settings import Settings
from entrypoints.mcp.server import build_server
from entrypoints.mcp.tools import TOOLS
from tests.conftest import KEY
from tests.e2e.host import Host, text_of
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
Environment = dict[str, str]
FAULTS = "Invalid settings:\n  PORT: one.\n  OUTPUT_DIR: two."


@asynccontextmanager
async def client_of(settings: Settings, fault: str | None = None) -> AsyncIterator[Client]:
    application = LazyApplication(settings, fault=fault)
    try:
        server = build_server(application.container, settings, on_list=application.warm_up_soon)
        async with Client(server) as client:
            yield client
    finally:
        await application.drain(0)
        await application.close()


def text_in(result: CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text


async def test_every_tool_answers_with_all_faults_of_the_settings() -> None:
    async with client_of(Settings.model_construct(), FAULTS) as client:
        assert len((await client.list_tools()).tools) == len(TOOLS)
        for tool in TOOLS:
            result = await client.call_tool(tool.name, {})
            text = text_in(result)
            assert result.is_error
            assert FAULTS in text
            assert "Nothing was charged." in text
            assert "invalid_settings" in text
            assert "do not retry unchanged" in text


async def test_a_failure_to_open_the_application_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lifecycle.open_application
    failures = [OSError("the disk is not there yet")]

    def open_application(*args: Any, **parts: Any) -> Any:  # noqa: ANN401 - as `lifecycle` has it
        if failures:
            raise failures.pop()
        return real(*args, **parts)

    monkeypatch.setattr(lifecycle, "open_application", open_application)
    async with client_of(settings_in(tmp_path)) as client:
        assert (await client.call_tool("cache_stats", {})).is_error
        assert not (await client.call_tool("cache_stats", {})).is_error


NETWORKS = [
    pytest.param({"ALL_PROXY": "gopher://192.0.2.1:70"}, "ALL_PROXY", id="F11-scheme"),
    pytest.param({"all_proxy": "socks4://192.0.2.1:1080"}, "all_proxy", id="sibling-socks4"),
    pytest.param({"HTTPS_PROXY": "http://"}, "HTTPS_PROXY", id="sibling-no-host"),
    pytest.param({"https_proxy": "http://192.0.2.1:port"}, "https_proxy", id="sibling-port"),
    pytest.param({"HTTPS_PROXY": "${PROXY}"}, "HTTPS_PROXY", id="sibling-F04-placeholder"),
    pytest.param({"SSL_CERT_FILE": "/missing/ca.pem"}, "SSL_CERT_FILE", id="certificates"),
    pytest.param({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE", id="sibling-no-certificates-in-it"),
    pytest.param({"SSL_CERT_DIR": "/missing/certs"}, "SSL_CERT_DIR", id="sibling-folder"),
]


@pytest.mark.parametrize(("variables", "name"), NETWORKS)
async def test_without_a_network_its_variable_is_named_and_stored_images_are_served(
    variables: dict[str, str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path, openai_api_key=KEY, provider="sketch")
    async with client_of(settings) as client:
        drawn = await client.call_tool("generate_image", {"prompt": "a hill", "size": "256x256"})
    (entry,) = drawn.structured_content["images"]
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    settings = settings_in(tmp_path, openai_api_key=KEY)
    async with client_of(settings) as client:
        for prompt in ("a fox", "a wolf"):
            failed = await client.call_tool("generate_image", {"prompt": prompt})
            assert failed.is_error
            assert text_in(failed).startswith(f"{name} ")
            assert "Nothing was charged." in text_in(failed)
        assert entry["id"] in text_in(await client.call_tool("list_images", {}))
        assert not (await client.call_tool("cache_stats", {})).is_error
        found = await client.call_tool("get_image", {"id": entry["id"]})
        assert not found.is_error
    for variable in variables:
        monkeypatch.delenv(variable)


def test_a_host_gets_the_faults_as_answers_of_its_tools(
    environment: Environment, openai_api: StandIn
) -> None:
    broken = {"OPENAI_API_KEY": "${OPENAI_API_KEY}", "OUTPUT_DIR": "${workspaceFolder}/art"}
    with Host(environment | broken) as host:
        host.initialize()
        assert len(host.request("tools/list")["result"]["tools"]) == len(TOOLS)
        response = host.response(host.call("generate_image", {"prompt": "a fox"}))
        assert response["result"]["isError"]
        for name in broken:
            assert f"  {name}: The placeholder ${{" in text_of(response)
        host.close_input()
        assert host.wait_for_exit() == 0
    assert b"OPENAI_API_KEY: The placeholder" in host.errors
    assert openai_api.posts == []
    assert not [*Path(environment["HOME"]).rglob("*$*")]


@pytest.mark.parametrize(("variables", "name"), NETWORKS)
def test_the_http_server_does_not_start_without_a_network_and_names_the_variable(
    variables: dict[str, str],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable, text in {"OPENAI_API_KEY": KEY, "PORT": "0", **variables}.items():
        monkeypatch.setenv(variable, text)
    monkeypatch.setattr("sys.argv", ["gpt-image", "http"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"{name} ")


def test_a_command_says_on_standard_error_what_it_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("LOG_LEVEL=trace\nDATA_DIR=/missing/other\n")
    assert command_settings(None).log_level == "error"
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("Note: DATA_DIR, LOG_LEVEL in .env were not used")
