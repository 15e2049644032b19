"""Profiles of clients: with sources and days, found by the name that a client reports."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.mcp.reply_deadline import reply_deadline
from entrypoints.mcp.result_limit import result_limit
from entrypoints.wire.client_profiles import client_profiles, profile_of
from tests.testkit.fakes import settings_in

PROFILES = client_profiles()
STDIO_BUFFER = 10 * 1024 * 1024
"""Bytes of one message at which the TypeScript SDK ends a connection."""


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_a_source_a_past_date_and_names_of_its_own(name: str) -> None:
    profile = PROFILES[name]
    assert profile.sources
    assert profile.names
    assert date(2026, 11, 1) <= profile.checked <= date.today()
    others = {other for key, each in PROFILES.items() if key != name for other in each.names}
    assert not others & {*profile.names}
    assert (profile.stdio_message_bytes or 0) <= STDIO_BUFFER / 2


@pytest.mark.parametrize(
    ("reported", "title"),
    [
        ("claude-code", "Claude Code"),
        ("Claude-AI", "Claude Desktop"),
        ("claude-ai (via mcp-remote 0.1.37)", "Claude Desktop"),
        ("Anthropic/ClaudeAI", "claude.ai, on the web and on phones"),
        ("codex-mcp-client", "Codex"),
        ("claude-code-plus", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_client_is_known_by_the_name_it_reports(reported: str, title: str) -> None:
    assert profile_of(reported).title == title


def test_a_client_that_is_not_listed_has_the_usual_limits_and_no_line_is_known_for_it() -> None:
    profile = profile_of("some new client")
    assert (profile.shows, profile.stdio_message_bytes, profile.timeout) == ((), None, None)
    assert not profile.progress_extends_timeout


@pytest.mark.parametrize(
    ("forced", "title"), [("codex", "Codex"), ("unknown", "unknown"), (None, "Claude Code")]
)
def test_the_setting_forces_a_profile(forced: str | None, title: str) -> None:
    assert profile_of("claude-code", forced).title == title


def test_the_setting_names_a_profile_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_PROFILE", "Codex")
    assert load_settings().client_profile == "codex"
    monkeypatch.setenv("CLIENT_PROFILE", "codecs")
    with pytest.raises(SettingsError, match=r"no such profile\. Use one of: claude-code, .*codex"):
        load_settings()


@pytest.mark.parametrize("name", [*PROFILES, "unknown"])
def test_no_client_ends_a_call_before_it_is_answered(name: str, tmp_path: Path) -> None:
    profile, settings = profile_of("", name), settings_in(tmp_path)
    for meta in ({}, {"progress_token": 1}):
        waits = profile.timeout or 60  # the shortest that is known of any client
        extended = profile.progress_extends_timeout and bool(meta)
        assert reply_deadline(settings, profile, meta) < waits or extended


@pytest.mark.parametrize(
    ("name", "over_stdio", "values", "limit"),
    [
        ("claude-code", True, {}, 5_000_000),
        ("claude-code", False, {}, 900_000),
        ("claude-code", True, {"result_max_bytes": 200_000}, 200_000),
        ("claude-desktop", True, {}, 900_000),
        ("unknown", True, {}, 900_000),
    ],
)
def test_large_messages_are_for_clients_that_take_them_and_only_over_stdio(
    name: str, over_stdio: bool, values: dict[str, Any], limit: int, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, **values)
    assert result_limit(settings, profile_of("", name), over_stdio=over_stdio) == limit


def test_the_document_has_every_profile() -> None:
    document = Path(__file__).parents[2] / "docs" / "clients.md"
    rows = [
        f"| `{name}` | {profile.title} | {', '.join(profile.shows) or 'not known'} |"
        for name, profile in PROFILES.items()
    ]
    assert "\n".join([*rows, "| `unknown` | all others | not known |"]) in document.read_text()
