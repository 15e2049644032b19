"""Ctrl-C while a command starts: no traceback, exit code 130, and whether it cost money."""

import sys

import pytest
from click.testing import CliRunner

from entrypoints import launcher
from entrypoints.cli import app, job_runner, runner


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_while_the_command_line_is_loaded_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpt-image", "usage"])
    monkeypatch.setattr(app, "main", interrupt)
    with pytest.raises(SystemExit) as ended:
        launcher.main()
    assert ended.value.code == 130


@pytest.mark.parametrize(
    "command",
    [["usage"], ["images", "list"], ["jobs", "list"], ["cache", "stats"], ["models", "--json"]],
    ids=" ".join,
)
def test_an_interrupted_query_ends_with_130(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run_application", interrupt)
    ended = CliRunner().invoke(app.cli, command, prog_name="gpt-image")
    assert (ended.exit_code, ended.output) == (130, "")


@pytest.mark.parametrize(
    "command",
    [["generate", "a fox"], ["generate", "a fox", "--json"], ["edit", "a hat", "-i", "last"]],
    ids=" ".join,
)
def test_an_interrupt_before_a_job_says_that_nothing_was_charged(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "run_application", interrupt)
    ended = CliRunner().invoke(app.cli, command, prog_name="gpt-image")
    assert (ended.exit_code, ended.stdout) == (130, "")
    assert ended.stderr == "Canceled. Nothing was charged.\n"
