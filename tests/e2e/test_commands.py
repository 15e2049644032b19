"""The commands, run as processes."""

import json
import os
import pty
import signal
import subprocess
import sys
from datetime import date
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from adapters.openai.catalog import openai_catalog
from application.use_cases.list_models import ModelListing
from domain.joint_catalog import JointCatalog
from entrypoints.wire.model_tables import catalog_table
from tests.standin import StandIn, faults
from tests.testkit.fakes import mask, small_image

Environment = dict[str, str]
COMMAND = str(Path(sys.executable).with_name("mcp-server-gpt-image"))


def run(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment,
        capture_output=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        check=False,
    )


def test_generate_prints_the_path_of_the_image(
    openai_api: StandIn, environment: Environment
) -> None:
    done = run(environment, "generate", "a red bridge", "--size", "1536x1024", "--json")
    result = json.loads(done.stdout)
    (entry,) = result["images"]
    data = Path(entry["path"]).read_bytes()
    assert (sha256(data).hexdigest(),) == openai_api.ledger[0].digests
    assert (entry["width"], entry["height"]) == (1536, 1024)
    assert result["costUsd"] > 0


def test_edit_accepts_files_ids_and_a_mask(
    openai_api: StandIn, environment: Environment, tmp_path: Path
) -> None:
    created = json.loads(run(environment, "generate", "a red bridge", "--json").stdout)
    (tmp_path / "two.jpg").write_bytes(small_image(size=(64, 64), form="JPEG").data)
    (tmp_path / "mask.png").write_bytes(mask((1024, 1024)).data)
    images = ["-i", created["images"][0]["id"], "-i", str(tmp_path / "two.jpg")]
    done = run(environment, "edit", "blue", *images, "--mask", str(tmp_path / "mask.png"))
    assert done.stdout.startswith("Created 1 image.\n")
    assert [each.filename for each in openai_api.posts[1].files] == [
        "image-1.png",
        "image-2.jpg",
        "mask.png",
    ]


def test_a_terminal_shows_a_progress_bar_with_the_count_of_previews(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.9)
    shown, terminal = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "generate", "a red bridge", "--partials", "2"],
        env=environment | {"TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    seen = b""
    while chunk := _read(shown):
        seen += chunk
    os.close(shown)
    assert process.wait(20) == 0
    for words in (b"Preview 1 of 2 ready.", b"Preview 2 of 2 ready.", b"Saved 1 image."):
        assert words in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux raises it when the other side is closed
        return b""


def test_without_a_key_generate_draws_offline_and_reports_it(environment: Environment) -> None:
    del environment["OPENAI_API_KEY"]
    done = run(environment, "generate", "a hill", "--size", "128x128")
    assert done.returncode == 0
    assert "Drawn offline" in done.stdout


def test_json_output_contains_errors(environment: Environment) -> None:
    done = run(environment, "generate", "x", "-n", "9", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "invalid_request"


def test_invalid_settings_end_every_command_with_a_list_of_them(environment: Environment) -> None:
    for command in (["generate", "x"], ["models"]):
        done = run(environment | {"PROVIDER": "unknown", "LOG_LEVEL": "loud"}, *command)
        assert done.returncode == 2
        assert "PROVIDER: " in done.stderr
        assert "LOG_LEVEL: " in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_after_dispatch_waits_for_the_charged_image(
    number: signal.Signals, openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(2.0)
    process = subprocess.Popen(
        [COMMAND, "generate", "a red bridge"],
        env=environment | {"SHUTDOWN_GRACE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    openai_api.wait_for_calls(1, timeout=20)
    process.send_signal(number)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Waiting for it" in errors
    (stored,) = Path(environment["OUTPUT_DIR"]).iterdir()
    assert str(stored).encode() in output


def test_a_second_interrupt_abandons_the_image(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.hang()
    process = subprocess.Popen(
        [COMMAND, "generate", "a red bridge"],
        env=environment | {"SHUTDOWN_GRACE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    openai_api.wait_for_calls(1, timeout=20)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while b"Waiting for it" not in process.stderr.readline():
        continue
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Gave up job_" in errors
    assert b"gpt-image jobs show job_" in errors


def test_an_unwritable_folder_is_reported_before_any_charge(
    openai_api: StandIn, environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run(environment | {"OUTPUT_DIR": str(tmp_path / "file")}, "generate", "a red bridge")
    assert done.returncode == 9
    assert "Nothing was charged" in done.stderr
    assert openai_api.posts == []


def test_a_console_with_a_limited_encoding_still_prints_the_path(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.revised_prompt("a bridge \u2600 [/red]")
    narrow = environment | {"PYTHONIOENCODING": "cp1252"}
    done = run(narrow, "generate", "a red bridge", "--model", "x[/b]")
    assert done.returncode == 5, done.stderr  # the stand-in does not have this model
    done = run(narrow, "generate", "a red bridge")
    assert done.returncode == 0, done.stderr
    assert environment["OUTPUT_DIR"] in done.stdout


def test_a_prompt_of_invalid_unicode_is_rejected(environment: Environment) -> None:
    done = subprocess.run(
        [COMMAND.encode(), b"generate", b"a \xff bridge"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"invalid Unicode" in done.stderr


def test_models_are_listed_without_a_key(
    snapshot: SnapshotAssertion, environment: Environment
) -> None:
    del environment["OPENAI_API_KEY"]
    done = run(environment, "models", "--json")
    assert json.loads(done.stdout) == snapshot
    assert "gpt-image-2.6-flare *" in run(environment, "models").stdout


def test_the_default_that_is_listed_is_the_model_that_serves(environment: Environment) -> None:
    done = run(environment | {"IMAGE_MODEL": "gpt-image-1"}, "models", "--json")
    defaults = [entry["name"] for entry in json.loads(done.stdout) if entry["default"]]
    assert defaults == ["gpt-image-2.6-flare"]


def test_the_model_table_fits_a_terminal(snapshot: SnapshotAssertion) -> None:
    out = StringIO()
    console = Console(file=out, width=80)
    console.print(
        catalog_table(
            ModelListing(
                catalog=JointCatalog([("openai", openai_catalog())]), today=date(2026, 11, 22)
            )
        )
    )
    assert out.getvalue() == snapshot
