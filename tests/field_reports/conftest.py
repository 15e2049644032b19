"""Fixtures of the field reports."""

from pathlib import Path

import pytest

from tests.field_reports.provider_calls import upstream

__all__ = ["env", "upstream"]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A shell in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return monkeypatch
