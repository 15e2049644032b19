"""The list of plugins, and a server whose plugins are broken, as processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.host import INITIALIZE, to_lines
from tests.unit.plugin_help import FAKE, Packages

Environment = dict[str, str]
LOADED = "mcp_server_gpt_image.providers    fake   one      1.2      loaded"
LEFT_OUT = (
    "mcp_server_gpt_image.event_sinks  noisy  two      1.2      "
    "left out: ZeroDivisionError: division by zero"
)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: Environment) -> Packages:
    folder = tmp_path / "packages"
    environment["PYTHONPATH"] = f"{folder}:{Path.cwd()}"
    return Packages(folder, monkeypatch)


def run(environment: Environment, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entrypoints", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_plugins_are_listed_as_text_and_as_json(
    packages: Packages, environment: Environment
) -> None:
    assert run(environment, "plugins").stdout == "No plugins are installed.\n"
    packages.install("one", FAKE, providers="fake")
    done = run(environment, "plugins")
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["group", "name", "package", "version", "state"],
        LOADED.split(),
    ]
    packages.install("two", "print('hello')\n1 / 0", event_sinks="noisy")
    done = run(environment, "plugins")
    assert done.returncode == 2
    assert done.stdout.splitlines()[1:] == [LOADED, LEFT_OUT]
    assert "hello" in done.stderr
    listed = json.loads(run(environment, "plugins", "--json").stdout)["plugins"]
    assert listed[1] == {
        "group": "mcp_server_gpt_image.event_sinks",
        "name": "noisy",
        "distribution": "two",
        "version": "1.2",
        "loaded": False,
        "reason": "ZeroDivisionError: division by zero",
    }


def test_a_command_generates_with_the_plugin_that_provider_names(
    packages: Packages, environment: Environment
) -> None:
    packages.install("one", FAKE, providers="fake")
    done = run(environment | {"PROVIDER": "fake"}, "generate", "a hill", "--json")
    assert json.loads(done.stdout)["model"] == "fake-1", done.stderr
    done = run(environment | {"PROVIDER": "fakes"}, "generate", "a hill")
    assert done.returncode == 2
    assert "PROVIDER: Use one of: auto, openai," in done.stderr
    assert "sketch, fake." in done.stderr


def test_stdio_starts_and_warns_whatever_its_plugins_print_and_raise(
    packages: Packages, environment: Environment
) -> None:
    packages.install("two", "print('hello')\n1 / 0", event_sinks="noisy")
    call = {"id": 3, "method": "tools/call", "params": {"name": "cache_stats", "arguments": {}}}
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints", "stdio"],
        input=to_lines(INITIALIZE, {"id": 2, "method": "tools/list"}, call),
        capture_output=True,
        env=environment | {"GREETER": "off", "LOG_LEVEL": "warning"},
        check=True,
        timeout=60,
    )
    replies = {reply["id"]: reply for reply in map(json.loads, done.stdout.splitlines())}
    assert "Cache Statistics" in replies[3]["result"]["content"][0]["text"]
    assert '"event": "plugin left out"' in done.stderr.decode()
    assert "hello" in done.stderr.decode()


def test_entry_points_are_read_when_the_container_builds_what_they_extend(
    packages: Packages, environment: Environment
) -> None:
    probe = (
        "import sys\n"
        "from entrypoints.config.loading import load_settings\n"
        "settings = load_settings()\n"
        "from entrypoints.bootstrap.container import build_container\n"
        "from entrypoints.bootstrap import plugin_entries\n"
        "container = build_container(settings)\n"
        "container.log_writer()\n"
        "read = lambda: plugin_entries._entries.cache_info().misses\n"
        "print(read(), 'one' in sys.modules)\n"
        "container.event_sink()\n"
        "print(read(), 'one' in sys.modules)\n"
        "container.provider_registry()\n"
        "print(read(), 'one' in sys.modules)\n"
    )
    packages.install("one", FAKE, providers="fake")
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["0 False", "1 False", "1 True"]
