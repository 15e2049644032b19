"""The recording of the greeter is used only for what made it, and made when there is none."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from entrypoints.mcp import stdio_server
from entrypoints.mcp.greeter import recorder, recording
from entrypoints.mcp.greeter.recording import (
    greetings,
    installed_versions,
    is_on,
    load_answers,
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "answers.json"
    asyncio.run(recorder.record(str(path)))
    return str(path)


def change(file: str, **members: object) -> None:
    path = Path(file)
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_a_recording_of_this_installation_is_used(file: str) -> None:
    assert "tools/list" in load_answers(file)["2025-11-25"]


@pytest.mark.parametrize("library", ["mcp", "mcp_types", "pydantic", "msgspec"])
def test_a_recording_of_another_version_is_not_used(file: str, library: str) -> None:
    change(file, installed=installed_versions() | {library: "0.1 @ 1"})
    assert load_answers(file) == {}


def test_a_recording_is_not_used_after_a_source_of_the_checkout_has_changed(file: str) -> None:
    os.utime(file, (1, 1))
    assert load_answers(file) == {}


@pytest.mark.parametrize("text", ["", "{", "{}", '{"installed": {}}', "[]"])
def test_a_damaged_recording_is_not_used(file: str, text: str) -> None:
    Path(file).write_text(text)
    assert load_answers(file) == {}


def test_another_installation_of_the_same_version_is_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "mcp-2.3.0.dist-info"
    folder.mkdir()
    seen = set()
    for seconds in (1_000, 2_000):
        (folder / "RECORD").touch()
        os.utime(folder / "RECORD", (seconds, seconds))
        seen.add(installed_versions([str(tmp_path)])["mcp"])
    assert seen == {"2.3.0 @ 1000", "2.3.0 @ 2000"}


def test_two_installed_versions_are_unclear(tmp_path: Path) -> None:
    for name in ("mcp-2.3.0.dist-info", "mcp-2.4.0.dist-info"):
        (tmp_path / name).mkdir()
    assert installed_versions([str(tmp_path)]) == {"mcp": ""}


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, True),
        ({"GREETER": "off"}, False),
        ({"GREETER": " OFF "}, False),
        ({"GREETER": "0"}, False),
        ({"GREETER": ""}, True),
        ({"GREETER": "on"}, True),
        ({"GPT_IMAGE_GREETER": "false"}, False),
        ({"GPT_IMAGE_GREETER": "on", "GREETER": "off"}, True),
        ({"GPT_IMAGE_GREETER": "", "GREETER": "off"}, False),
    ],
)
def test_the_greeter_can_be_turned_off(
    variables: dict[str, str], on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_on() is on


def test_an_idle_server_records_its_answers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made, record = str(tmp_path / "answers.json"), list[str](), recorder.record

    async def record_here() -> None:
        made.append(file)
        await record(file)

    monkeypatch.setattr(stdio_server, "load_answers", lambda: load_answers(file))
    monkeypatch.setattr(recorder, "record", record_here)
    for _ in range(2):
        asyncio.run(stdio_server._record_answers())
    assert load_answers(file)
    assert made == [file]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse() -> None:
        raise PermissionError

    monkeypatch.setattr(stdio_server, "load_answers", dict)
    monkeypatch.setattr(recorder, "record", refuse)
    asyncio.run(stdio_server._record_answers())


@pytest.mark.parametrize("name", ["MCP_APPS", "GPT_IMAGE_MCP_APPS", "mcp_apps"])
@pytest.mark.parametrize(("value", "listed"), [("off", False), ("On", False), ("Auto", True)])
def test_a_setting_that_changes_the_tools_leaves_their_list_to_the_server(
    name: str, value: str, listed: bool, recorded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    answers = greetings()["2025-11-25"]
    assert "initialize" in answers
    assert [("tools/list" in each) for each in answers].count(True) == (2 if listed else 0)


def test_a_setting_in_a_file_of_the_working_directory_leaves_the_list_to_the_server(
    recorded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "tools/list" in greetings()["2025-11-25"]
    Path(".env").write_text("gpt_image_mcp_apps=off\n")
    assert "tools/list" not in greetings()["2025-11-25"]
    assert "initialize" in greetings()["2025-11-25"]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = {"tools/list": "{}", "tools/list with apps": "{}"}
    answers = {"2025-11-25": {"initialize": "{}", **tools}}
    monkeypatch.setattr(recording, "load_answers", lambda: answers)
