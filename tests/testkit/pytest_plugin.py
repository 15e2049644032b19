"""Fixtures for the tests of plugins."""

from pathlib import Path

import pytest

from domain.plugins import PluginContext


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio; without this, the suites would run on trio too."""
    return "asyncio"


@pytest.fixture
def plugin_context(tmp_path: Path) -> PluginContext:
    """What a factory gets: no variables, and a folder that does not exist yet.

    `dataclasses.replace(plugin_context, settings={"FLAT_COLOR": "red"})` has some.
    """
    return PluginContext(data_folder=tmp_path / "plugin")
