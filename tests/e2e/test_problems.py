"""The problem table: the exact text, exit code and calls of every possible problem."""

import asyncio
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from mcp_types import TextContent
from syrupy.assertion import SnapshotAssertion

from domain.image import Image
from entrypoints.cli.app import cli
from tests.conftest import KEY
from tests.e2e.problems import LOCAL_PROBLEMS, PROVIDER_PROBLEMS, SUCCEEDED, Row
from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import StandIn

ROWS = [*LOCAL_PROBLEMS, *PROVIDER_PROBLEMS, *SUCCEEDED]
FLAGS = {
    "size": "--size",
    "quality": "--quality",
    "format": "--format",
    "background": "--background",
    "n": "-n",
    "partialImages": "--partials",
    "model": "--model",
    "sise": "--sise",
    "mask": "--mask",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_tool_call_reports_the_problem_and_the_charge(
    row: Row, openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    openai_api.script(*row.faults)
    is_error, text = asyncio.run(_call_tool(row, openai_api, tmp_path))
    assert len(openai_api.posts) == row.calls
    assert is_error is (row not in SUCCEEDED)
    assert normalized(text, tmp_path) == snapshot


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.on_command_line], ids=lambda row: row.name
)
def test_a_command_reports_the_problem_with_an_exit_code(
    row: Row,
    openai_api: StandIn,
    tmp_path: Path,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    openai_api.script(*row.faults)
    for name, value in _environment(row, openai_api, tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        cli.main(_command(row, tmp_path), prog_name="gpt-image")
    output = capsys.readouterr()
    assert len(openai_api.posts) == row.calls
    assert (ended.value.code == 0) is (row in SUCCEEDED)
    printed = f"exit {ended.value.code}\n{output.err}{output.out}"
    assert normalized(printed, tmp_path) == snapshot


async def _call_tool(row: Row, api: StandIn, folder: Path) -> tuple[bool, str]:
    arguments = {name: _encoded(value) for name, value in row.arguments.items()}
    async with connect_in_memory(settings_for(api, folder, **row.settings)) as client:
        result = await client.call_tool(row.tool, arguments)
    assert isinstance(result.content[0], TextContent)
    return bool(result.is_error), result.content[0].text


def _encoded(value: Any) -> Any:  # noqa: ANN401 - tool arguments
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return b64encode(value.data).decode() if isinstance(value, Image) else value


def _environment(row: Row, api: StandIn, folder: Path) -> dict[str, str]:
    settings = {
        "openai_api_key": KEY,
        "openai_base_url": api.base_url,
        "output_dir": folder / "images",
        "data_dir": folder / "data",
        "cache_dir": folder / "cache",
        "columns": 100,
        "no_color": 1,
        **row.settings,
    }
    return {name.upper(): str(value) for name, value in settings.items() if value is not None}


def _command(row: Row, folder: Path) -> list[str]:
    command = [row.tool.removesuffix("_image")]
    for name, value in row.arguments.items():
        if name == "prompt":
            command.append(value)
        elif name == "images":
            for at, image in enumerate(value):
                command += ["-i", _file(image, folder / f"input-{at}")]
        else:
            command += [FLAGS[name], _file(value, folder / name)]
    return command


def _file(value: Any, path: Path) -> str:  # noqa: ANN401 - tool arguments
    if not isinstance(value, Image):
        return str(value)
    path.write_bytes(value.data)
    return str(path)


def normalized(text: str, folder: Path) -> str:
    """The text without the parts that differ between runs."""
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"img_[0-9a-f]{32}|img_[0-9a-f]{8}", "img_…", text)
    text = re.sub(r"-[0-9a-f]{8}(?=(_[0-9a-f]{8})?\.(png|jpg|webp))", "-…", text)
    text = re.sub(r"job_[0-9a-f]{32}", "job_…", text)
    text = re.sub(r"[\d,]+ bytes · ", "… bytes · ", text)
    text = re.sub(r"created [-\dT:+]+ · request req_standin_\d+", "created … · request …", text)
    return re.sub(r"x+(?=[^x])", lambda run: run[0] if len(run[0]) < 9 else "x…", text)
