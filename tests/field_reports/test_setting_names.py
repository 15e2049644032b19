"""Names of settings: with the prefix, misspelled, of other programs, and of other entry points."""

from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Annotated, get_args, get_origin

import pytest
from pydantic import SecretStr

from entrypoints.config.http_checks import HttpServerSettings
from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from tests.field_reports.setting_help import (
    TOKEN,
    EntryPoint,
    command_settings,
    http_settings,
)
from tests.unit.plugin_help import Packages

TWO_VALUES = {
    bool: ("false", "true"),
    int: ("2", "3"),
    "result_max_bytes": ("200000", "300000"),
    float: ("2", "3"),
    Decimal: ("2", "3"),
    str: ("org-2", "org-3"),
    Path: ("/mnt/2", "/mnt/3"),
    SecretStr: (f"{TOKEN}2", f"{TOKEN}3"),
    "host": ("127.0.0.2", "127.0.0.3"),
    "openai_base_url": ("http://a.example", "http://b.example"),
    "azure_openai_endpoint": ("https://a.example", "https://b.example"),
    "azure_openai_deployments": ("gpt-image-2=a", "gpt-image-2=b"),
    "azure_openai_api_version": ("v1", "2025-04-01-preview"),
    "openai_compatible_keys": (f"a={TOKEN}2", f"a={TOKEN}3"),
    "openai_compatible_models": ("a=2", "a=3"),
    "openai_compatible_urls": ("a=http://a.example/v1", "b=http://b.example/v1"),
    "gemini_base_url": ("http://a.example", "http://b.example"),
    "public_url": ("http://a.example", "http://b.example"),
    "rate_limit": ("2/hour", "3/hour"),
    "allowed_hosts": ("a.example", "b.example"),
    "cors_origin": ("http://a.example", "http://b.example"),
    "input_roots": ("/mnt/2", "/mnt/3:/mnt/4"),
    "trusted_proxies": ("192.0.2.2", "192.0.2.3"),
    "provider": ("auto", "sketch"),
    "image_cache": ("disk", "one"),
    "image_optimizer": ("pillow", "one"),
    "image_processors": ("one", "two"),
    "log_level": ("debug", "error"),
    "log_format": ("json", "console"),
    "page": ("on", "off"),
    "on_disconnect": ("finish", "cancel"),
    "api_mode": ("images", "responses"),
    "responses_background": ("on", "off"),
    "client_profile": ("codex", "cursor"),
    "mcp_apps": ("on", "off"),
}
"""Two valid texts for each setting, by its name or else by its type."""


@pytest.fixture(autouse=True)
def _plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = Packages(tmp_path / "packages", monkeypatch)
    packages.install("one", "", caches="one", optimizers="one", image_processors="one two")


@pytest.mark.parametrize("name", sorted(HttpServerSettings.model_fields))
def test_every_setting_can_be_set_with_the_prefix_which_wins(
    name: str, env: pytest.MonkeyPatch
) -> None:
    kind = HttpServerSettings.model_fields[name].annotation
    optional = next(each for each in (*get_args(kind), kind) if each is not NoneType)
    base = get_args(optional)[0] if get_origin(optional) is Annotated else optional
    plain, prefixed = TWO_VALUES.get(name) or TWO_VALUES[base]
    env.setenv(name.upper(), plain)
    expected_plain = getattr(http_settings(), name)
    env.setenv(f"GPT_IMAGE_{name.upper()}", "")
    assert getattr(http_settings(), name) == expected_plain
    env.setenv(f"GPT_IMAGE_{name.upper()}", prefixed)
    both = getattr(http_settings(), name)
    env.delenv(name.upper())
    assert both == getattr(http_settings(), name) != expected_plain


@pytest.mark.parametrize("name", sorted(HttpServerSettings.model_fields))
def test_a_fault_names_the_variable_as_it_was_written(name: str, env: pytest.MonkeyPatch) -> None:
    env.setenv(f"GPT_IMAGE_{name.upper()}", "${X}")
    with pytest.raises(SettingsError) as refused:
        http_settings()
    assert f"  GPT_IMAGE_{name.upper()}: The placeholder ${{X}}" in str(refused.value)


NOTED = [
    pytest.param("OPENAI_API_KY", "OPENAI_API_KEY", id="a-letter-missing"),
    pytest.param("OPENAI_BASE_ULR", "OPENAI_BASE_URL", id="two-letters-swapped"),
    pytest.param("OPENAI_API_KEY_FIEL", "OPENAI_API_KEY_FILE", id="a-file"),
    pytest.param("OPENAI_PROJEKT_IDD", "OPENAI_PROJECT_ID", id="two-letters"),
    pytest.param("OPENAI-API-KEY", "OPENAI_API_KEY", id="sibling-hyphens"),
    pytest.param("GPT_IMAGE_OUTPUT_DRI", "GPT_IMAGE_OUTPUT_DIR", id="prefixed"),
    pytest.param("GPT_IMAG_OUTPUT_DIR", "GPT_IMAGE_OUTPUT_DIR", id="sibling-in-the-prefix"),
    pytest.param("GPT_IMAGE_API_KEY", "GPT_IMAGE_OPENAI_API_KEY", id="sibling-the-end-of-a-name"),
    pytest.param("GPT_IMAGE_MODEL", "GPT_IMAGE_IMAGE_MODEL", id="sibling-the-prefix-overlaps"),
]


@pytest.mark.parametrize(("name", "meant"), NOTED)
def test_a_misspelled_name_in_a_file_is_reported_with_the_nearest_one(
    name: str, meant: str, env: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(f"{name}=x\n")
    (note,) = command_settings().notes
    assert note == f"{name} in .env is not a setting. Did you mean {meant}?"


BUDGETS = ["GPT_IMAGE_BUGDET_DAY_USD", "BUGDET_DAY_USD", "BUDGET_DAY_US", "BUDGET_IMAGE_HOUR"]


@pytest.mark.parametrize("place", ["shell", "file"])
@pytest.mark.parametrize("name", BUDGETS)
def test_a_misspelled_budget_is_an_error_because_no_limit_would_hold(
    name: str, place: str, env: pytest.MonkeyPatch
) -> None:
    if place == "shell":
        env.setenv(name, "5")
    else:
        Path(".env").write_text(f"{name}=5\n")
    with pytest.raises(SettingsError, match=r"Did you mean (GPT_IMAGE_)?BUDGET_\w+\?"):
        command_settings()
    env.setenv("BUDGET_DAY_USD", "5")
    env.setenv("BUDGET_IMAGES_HOUR", "5")
    assert command_settings().budget_day_usd == 5


@pytest.mark.parametrize("name", ["GPT_IMAGE_BUDGET", "GPT_IMAGE_DAILY_BUDGET", "gpt_image_budget"])
def test_a_budget_of_ours_by_a_name_that_is_far_from_all_is_an_error(
    name: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv(name, "5")
    with pytest.raises(SettingsError, match=r"no such limit would hold"):
        load_settings()


@pytest.mark.parametrize("line", ["BUDGET_DAY_USD: 5", "BUDGET_DAY_USD 5", "GPT_IMAGE_LOG_LEVEL"])
def test_a_line_that_sets_nothing_is_an_error(line: str, env: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"A=1\n{line}\nthis line is another program's\n")
    with pytest.raises(SettingsError, match=r"Line 2 of \.env sets no value"):
        command_settings()


FOREIGN = [
    "OPENAI_MODEL",
    "OPENAI_API_KEYS",
    "OPENAI_API_BASE",
    "OPENAI_API_BASE_URL",
    "OPENAI_API_TYPE",
    "OPENAI_API_VERSION",
    "OPENAI_ORGANIZATION",
    "OPENAI_LOG",
    "OPENAI_TIMEOUT",
    "CACHE_URL",
    "CACHE_DRIVER",
    "CACHE_STORE",
    "CACHE_TAG",
    "CORS_ORIGINS",
    "DB_PORT",
    "ROOT",
    "HOME",
    "POST",
    "BUDGET_USD",
]


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
def test_the_names_of_other_programs_are_not_reported(
    entry_point: EntryPoint, env: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("".join(f"{name}=x\n" for name in FOREIGN))
    assert entry_point().notes == ()


def test_what_kubernetes_sets_for_a_service_of_this_name_is_left_alone(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("GPT_IMAGE_PORT", "tcp://10.0.0.1:3000")
    env.setenv("GPT_IMAGE_SERVICE_HOST", "10.0.0.1")
    env.setenv("GPT_IMAGE_SERVICE_PORT_HTTP", "3000")
    env.setenv("GPT_IMAGE_PORT_3000_TCP_ADDR", "10.0.0.1")
    settings = http_settings()
    assert (settings.port, settings.notes) == (3000, ())


@pytest.mark.parametrize("prefix", ["", "GPT_IMAGE_"])
def test_commands_and_stdio_look_at_no_web_settings(prefix: str, env: pytest.MonkeyPatch) -> None:
    for name, text in {"PORT": "vite", "CORS_ORIGIN": "a b", "AUTH_TOKEN": "x"}.items():
        env.setenv(prefix + name, text)
    assert command_settings().port == load_settings(at_home=True).port == 3000
    with pytest.raises(SettingsError) as refused:
        http_settings()
    assert len(str(refused.value).splitlines()) == 4
