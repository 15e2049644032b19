"""Fixtures for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin import StandIn
from tests.standin.gemini import GeminiStandIn

KEY = "sk-canary-4d1f0e9b7c"
"""The key of every test that needs one; it must never appear in any output."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the settings of the user who runs it, or writes to their folders."""
    for name in os.environ:
        is_setting = name in ("PROVIDER", "OUTPUT_DIR", "DATA_DIR", "CACHE_DIR")
        if is_setting or name.startswith(("OPENAI_", "AZURE_", "GEMINI_", "GPT_IMAGE_", "BUDGET_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))


@pytest.fixture
def openai_api() -> Iterator[StandIn]:
    """A stand-in OpenAI API that generates, charges and fails as scripted."""
    with StandIn() as api:
        yield api


@pytest.fixture
def gemini_api() -> Iterator[GeminiStandIn]:
    """A stand-in Gemini API that generates, charges and fails as scripted."""
    with GeminiStandIn() as api:
        yield api


@pytest.fixture
def environment(openai_api: StandIn, tmp_path: Path) -> dict[str, str]:
    """The environment of a server process that calls the stand-in and stores its files here."""
    return environment_in(tmp_path, openai_api)


def environment_in(folder: Path, openai_api: StandIn) -> dict[str, str]:
    """The environment of a server process that stores its files in this folder."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": openai_api.base_url,
        "OUTPUT_DIR": str(folder / "images"),
        "DATA_DIR": str(folder / "data"),
        "CACHE_DIR": str(folder / "cache"),
        "LOG_LEVEL": "debug",
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each test that has the property `counts`."""
    reports = [
        report
        for outcome in ("", "passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if getattr(report, "when", "") in ("call", "teardown")
    ]
    lines = {
        f"{report.nodeid.rpartition('/')[2]}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == "counts"
    }
    if lines:
        terminalreporter.section("counts")
        for line in sorted(lines):
            terminalreporter.write_line(line)
