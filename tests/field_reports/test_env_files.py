"""What counts in a .env file: of this program, of another one, and in a cloned repository."""

import codecs
from decimal import Decimal
from pathlib import Path

import pytest

from entrypoints.config.loading import load_settings
from entrypoints.config.provider_settings import GEMINI, OPENAI
from entrypoints.config.settings_error import SettingsError
from tests.field_reports.setting_help import (
    KEY,
    EntryPoint,
    command_settings,
    http_settings,
    value_of,
)

GATEWAY = "http://gateway.example/v1"
PROJECT = "\n".join(
    [
        "DATA_DIR=/srv/other",
        "OUTPUT_DIR=dist",
        "LOG_LEVEL=trace",
        "HOST=0.0.0.0",
        "PUBLIC_URL=https://other.example",
        "AUTH_TOKEN=short",
        "PROVIDER=google",
        "DATABASE_URL=postgres://other",
        "OPENAI_MODEL=gpt-5",
        "OPENAI_API_KEYS=a;b",
        "OPENAI_API_BASE=https://other.example",
        "CACHE_URL=redis://other",
        "POSTGRES_PORT=5432",
    ]
)
"""The .env of another project."""


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
def test_the_file_of_another_project_changes_nothing_and_one_line_says_what_was_passed_over(
    entry_point: EntryPoint, env: pytest.MonkeyPatch
) -> None:
    env.setenv("OPENAI_API_KEY", KEY)
    before = entry_point()
    Path(".env").write_text(PROJECT)
    after = entry_point()
    assert after == before.with_notes(after.notes)
    (note,) = after.notes
    assert "DATA_DIR" in note
    assert "LOG_LEVEL" in note
    assert "GPT_IMAGE_" in note
    assert ("HOST" in note) == (entry_point is http_settings)
    assert "DATABASE_URL" not in note


def test_a_file_given_by_name_counts_whole(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mine.env"
    file.write_text(f"OUTPUT_DIR={tmp_path / 'art'}\nLOG_LEVEL=info\nPROVIDER=sketch\n")
    settings = load_settings(env_file=file)
    assert (settings.output_dir, settings.log_level) == (tmp_path / "art", "info")
    assert settings.provider == "sketch"
    assert settings.notes == ()


COUNTS = [
    pytest.param(command_settings, "BUDGET_DAY_USD=5", "budget_day_usd", Decimal(5), id="budget"),
    pytest.param(command_settings, "OPENAI_ORG_ID=org-1", "openai_org_id", "org-1", id="openai"),
    pytest.param(command_settings, "GPT_IMAGE_LOG_LEVEL=info", "log_level", "info", id="prefix"),
    pytest.param(command_settings, "CACHE_TTL=5", "cache_ttl", 3600, id="commands-take-no-cache"),
    pytest.param(command_settings, "PORT=5000", "port", 3000, id="commands-take-no-port"),
    pytest.param(http_settings, "CACHE_TTL=5", "cache_ttl", 5, id="http-cache"),
    pytest.param(http_settings, "PORT=5000", "port", 5000, id="http-port"),
    pytest.param(http_settings, "CORS_ORIGIN=*", "cors_origin", ("*",), id="http-origin"),
    pytest.param(http_settings, "BUDGET_IMAGES_HOUR=5", "budget_images_hour", 5, id="http-budget"),
    pytest.param(http_settings, "GPT_IMAGE_PORT=5000", "port", 5000, id="http-prefix"),
]


@pytest.mark.parametrize(("entry_point", "line", "field", "value"), COUNTS)
def test_what_counts_in_the_working_directory(
    entry_point: EntryPoint,
    line: str,
    field: str,
    value: object,
    env: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text(line)
    assert getattr(entry_point(), field) == value


ENCODINGS = [
    pytest.param(codecs.BOM_UTF8 + b"OPENAI_API_KEY=%s\r\n", id="F33-UTF-8"),
    pytest.param(b"OPENAI_API_KEY=%s\r\n", id="F33-CRLF"),
    pytest.param(b'export OPENAI_API_KEY="%s"\n', id="F13-export-and-quotes"),
    pytest.param(b"# r\xe9sum\xe9\nOPENAI_API_KEY = '%s'\n", id="sibling-Latin-1-comment"),
]


@pytest.mark.parametrize("content", ENCODINGS)
def test_a_file_of_any_editor_is_read(content: bytes, env: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(content % KEY.encode())
    assert value_of(command_settings(), "OPENAI_API_KEY") == KEY


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_that_powershell_wrote_is_read(encoding: str, env: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(f"OPENAI_API_KEY={KEY}\r\n".encode(encoding))
    assert value_of(command_settings(), "OPENAI_API_KEY") == KEY


def test_a_variable_in_a_file_is_replaced_or_named(env: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("OPENAI_API_KEY=${MINE}\n")
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY in \.env: The placeholder \$\{MINE\}"):
        command_settings()
    env.setenv("MINE", KEY)
    assert value_of(command_settings(), "OPENAI_API_KEY") == KEY


def test_a_variable_that_is_set_to_itself_is_named(env: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("OPENAI_API_KEY=${OPENAI_API_KEY}\n")
    with pytest.raises(SettingsError, match=r"The placeholder \$\{OPENAI_API_KEY\}"):
        command_settings()


@pytest.mark.parametrize(
    "line",
    [
        f"set OPENAI_API_KEY={KEY}",
        f"setx OPENAI_API_KEY {KEY}",
        f"$env:OPENAI_API_KEY='{KEY}'",
        f"OPENAI_API_KEY: {KEY}",
        f'{{"OPENAI_API_KEY": "{KEY}"}}',
    ],
    ids=["cmd", "setx", "PowerShell", "YAML", "JSON"],
)
def test_a_line_of_another_syntax_is_named(line: str, env: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"# mine\n{line}\n")
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY: Line 2 of \.env") as refused:
        command_settings()
    assert KEY not in str(refused.value)


ENDPOINTS = [
    pytest.param({}, f"OPENAI_BASE_URL={GATEWAY}\nOPENAI_API_KEY={KEY}", GATEWAY, id="own-key"),
    pytest.param(
        {},
        f"GPT_IMAGE_OPENAI_BASE_URL={GATEWAY}\nOPENAI_API_KEY={KEY}",
        GATEWAY,
        id="own-key-one-prefix",
    ),
    pytest.param({"OPENAI_API_KEY": KEY}, f"OPENAI_BASE_URL={GATEWAY}", OPENAI, id="shell-key"),
    pytest.param(
        {"OPENAI_API_KEY": KEY}, f"GPT_IMAGE_OPENAI_BASE_URL={GATEWAY}", OPENAI, id="prefixed-URL"
    ),
    pytest.param(
        {"GPT_IMAGE_OPENAI_API_KEY": KEY},
        f"OPENAI_BASE_URL={GATEWAY}\nOPENAI_API_KEY=sk-other",
        OPENAI,
        id="prefixed-key-in-the-shell",
    ),
    pytest.param(
        {"OPENAI_API_KEY": KEY},
        f"GPT_IMAGE_OPENAI_BASE_URL={GATEWAY}\nGPT_IMAGE_OPENAI_API_KEY=sk-other",
        OPENAI,
        id="both-prefixed-in-the-file",
    ),
    pytest.param(
        {"OTHER_SECRET": KEY},
        f"OPENAI_BASE_URL={GATEWAY}\nOPENAI_API_KEY=${{OTHER_SECRET}}",
        OPENAI,
        id="sibling-a-secret-of-the-shell",
    ),
    pytest.param(
        {}, f"OPENAI_BASE_URL={GATEWAY}\nOPENAI_API_KEY_FILE=../key", OPENAI, id="sibling-a-file"
    ),
]


AZURE = "https://other.openai.azure.com"
OTHERS = [
    pytest.param({"AZURE_OPENAI_API_KEY": KEY}, f"AZURE_OPENAI_ENDPOINT={AZURE}", id="azure"),
    pytest.param(
        {"AZURE_OPENAI_TOKEN_COMMAND": "az"},
        f"AZURE_OPENAI_ENDPOINT={AZURE}\nAZURE_OPENAI_API_KEY=sk-other",
        id="azure-by-token",
    ),
    pytest.param(
        {"OPENAI_COMPATIBLE_KEYS": f"a={KEY}"},
        "OPENAI_COMPATIBLE_URLS=a=http://a.example/v1",
        id="compatible",
    ),
    pytest.param(
        {"OPENAI_COMPATIBLE_KEYS": f"a={KEY}"},
        "OPENAI_COMPATIBLE_URLS=a=http://a.example/v1\nOPENAI_COMPATIBLE_KEYS=a=sk-other",
        id="compatible-with-a-key-of-its-own",
    ),
]


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
@pytest.mark.parametrize(("shell", "content"), OTHERS)
def test_no_file_sends_the_users_key_to_another_vendor(
    shell: dict[str, str], content: str, entry_point: EntryPoint, env: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(content)
    for name, value in shell.items():
        env.setenv(name, value)
    settings = entry_point()
    assert (settings.azure_openai_endpoint, settings.compatible_servers) == (None, ())
    assert any("so that no file sends your key elsewhere" in note for note in settings.notes)


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
@pytest.mark.usefixtures("env")
def test_a_local_file_has_servers_without_a_key_or_with_its_own(entry_point: EntryPoint) -> None:
    Path(".env").write_text(f"AZURE_OPENAI_ENDPOINT={AZURE}\nAZURE_OPENAI_API_KEY=sk-own")
    assert entry_point().azure_openai_endpoint == AZURE
    Path(".env").write_text("OPENAI_COMPATIBLE_URLS=a=http://a.example/v1")
    (server,) = entry_point().compatible_servers
    assert (server.url, server.key) == ("http://a.example/v1", None)


@pytest.mark.parametrize("prefix", ["", "GPT_IMAGE_"])
@pytest.mark.usefixtures("env")
def test_a_local_file_runs_no_command(prefix: str) -> None:
    Path(".env").write_text(f"{prefix}AZURE_OPENAI_TOKEN_COMMAND=touch /tmp/x")
    settings = command_settings()
    assert settings.azure_openai_token_command is None
    (note,) = settings.notes
    assert "runs no command" in note


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
@pytest.mark.parametrize(("shell", "content", "endpoint"), ENDPOINTS)
def test_no_file_sends_the_users_key_to_another_server(
    shell: dict[str, str],
    content: str,
    endpoint: str,
    entry_point: EntryPoint,
    env: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text(KEY)
    Path(".env").write_text(content)
    for name, value in shell.items():
        env.setenv(name, value)
    settings = entry_point()
    assert settings.openai_base_url == endpoint
    assert any("OPENAI_BASE_URL" in note for note in settings.notes) == (endpoint == OPENAI)


@pytest.mark.parametrize("has_key", [True, False])
def test_an_endpoint_for_gemini_counts_beside_its_own_key_only(
    has_key: bool, env: pytest.MonkeyPatch
) -> None:
    line = f"GEMINI_API_KEY={KEY}\n" if has_key else f"OPENAI_API_KEY={KEY}\n"
    Path(".env").write_text(f"{line}GEMINI_BASE_URL=http://127.0.0.1:1\n")
    if not has_key:
        env.setenv("GEMINI_API_KEY", KEY)
    settings = command_settings()
    assert settings.gemini_base_url == ("http://127.0.0.1:1" if has_key else GEMINI)
    assert any("GEMINI_BASE_URL" in note for note in settings.notes) == (not has_key)
