"""Settings are read from the environment; all errors are reported at once, without secrets."""

from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationInfo, field_validator, model_validator

from domain.money.budgets import BudgetLimits
from entrypoints.config.loading import load_settings
from entrypoints.config.provider_settings import OPENAI
from entrypoints.config.settings import APP, Settings
from entrypoints.config.settings_error import SettingsError

SECRET = "sk-very-secret"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def test_without_any_variable_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.openai_api_key is None
    assert settings.openai_base_url == OPENAI
    assert (settings.provider_name, settings.result_max_bytes) == ("sketch", 900_000)


def test_all_errors_are_reported_at_once_with_the_meaning_of_each_setting(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("OPENAI_API_KEY", SECRET)
    env.setenv("PROVIDER", "dall-e")
    env.setenv("RESULT_MAX_BYTES", "many")
    env.setenv("SHUTDOWN_GRACE", "-1")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    text = str(refused.value)
    for part in ("PROVIDER: ", "RESULT_MAX_BYTES: ", "SHUTDOWN_GRACE: ", "Image provider"):
        assert part in text
    assert SECRET not in text


def test_the_key_is_not_printed(env: pytest.MonkeyPatch) -> None:
    env.setenv("OPENAI_API_KEY", SECRET)
    settings = load_settings()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"


def test_an_empty_variable_counts_as_not_set(env: pytest.MonkeyPatch) -> None:
    env.setenv("OPENAI_API_KEY", "")
    env.setenv("PROVIDER_TIMEOUT", "")
    settings = load_settings()
    assert (settings.openai_api_key, settings.provider_timeout) == (None, 300.0)


def test_zero_means_zero(env: pytest.MonkeyPatch) -> None:
    env.setenv("SHUTDOWN_GRACE", "0")
    assert load_settings().shutdown_grace == 0


@pytest.mark.parametrize(
    ("provider", "key", "name"),
    [
        ("auto", None, "sketch"),
        ("auto", SECRET, "openai"),
        ("openai", None, "openai"),
        ("sketch", SECRET, "sketch"),
    ],
)
def test_the_provider_depends_on_the_setting_and_the_key(
    provider: str, key: str | None, name: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("PROVIDER", provider)
    if key:
        env.setenv("OPENAI_API_KEY", key)
    assert load_settings().provider_name == name


def test_images_are_stored_in_the_users_folder_and_sketches_in_the_data_folder(
    env: pytest.MonkeyPatch,
) -> None:
    assert load_settings().images_folder == load_settings().data_dir / "sketches"
    env.setenv("OPENAI_API_KEY", SECRET)
    assert load_settings().images_folder.name == "GPT Image"
    assert "home" in load_settings().images_folder.parts


def test_relative_folders_start_at_the_working_directory_or_for_hosts_at_home(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.chdir(tmp_path)
    env.setenv("OUTPUT_DIR", "art")
    assert load_settings().images_folder == tmp_path / "art"
    at_home = load_settings(at_home=True).images_folder
    assert at_home.name == "art"
    assert at_home != tmp_path / "art"
    assert "home" in at_home.parts


def test_absolute_folders_are_not_changed(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env.setenv("OUTPUT_DIR", str(tmp_path / "art"))
    assert load_settings(at_home=True).images_folder == tmp_path / "art"


def test_a_tilde_is_the_users_home(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env.setenv("OUTPUT_DIR", "~/Pics")
    env.setenv("DATA_DIR", "~/data")
    settings = load_settings(at_home=True)
    assert settings.images_folder == tmp_path / "home" / "Pics"
    assert settings.data_dir == tmp_path / "home" / "data"


class SettingsWithAPath(Settings):
    another_path: Path | None = Field(None, description="A path that an adapter needs.")


PATHS = [
    name
    for name, field in SettingsWithAPath.model_fields.items()
    if Path in (field.annotation, *get_args(field.annotation))
]


@pytest.mark.parametrize("at_home", [True, False])
@pytest.mark.parametrize("name", PATHS)
def test_every_path_is_absolute_and_expanded(
    name: str, at_home: bool, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv(name.upper(), "~/a")
    assert getattr(load_settings(SettingsWithAPath, at_home=at_home), name) == tmp_path / "home/a"
    env.setenv(name.upper(), "b")
    path = getattr(load_settings(SettingsWithAPath, at_home=at_home), name)
    assert path.is_absolute()
    assert path.name == "b"
    assert path.is_relative_to(tmp_path / "home" if at_home else Path.cwd())


def test_the_stdio_server_keeps_its_cache_in_the_users_cache_folder() -> None:
    cache = load_settings(at_home=True).cache_dir
    assert cache.is_relative_to(user_cache_path(APP))
    assert not cache.is_relative_to(user_data_path(APP))


class SettingsThatBelongTogether(Settings):
    @model_validator(mode="after")
    def _check_together(self) -> "SettingsThatBelongTogether":
        if self.reply_deadline > self.reply_deadline_progress:
            raise ValueError("REPLY_DEADLINE is above REPLY_DEADLINE_PROGRESS")
        return self


def test_an_error_of_several_settings_is_reported(env: pytest.MonkeyPatch) -> None:
    env.setenv("REPLY_DEADLINE", "300")
    with pytest.raises(SettingsError) as refused:
        load_settings(SettingsThatBelongTogether)
    lines = ["Invalid settings:", "  REPLY_DEADLINE is above REPLY_DEADLINE_PROGRESS."]
    assert str(refused.value).splitlines() == lines


class SettingsThatRequireAURL(Settings):
    """Requires a setting of one provider, as docs/extend/write-a-provider.md describes."""

    sketch_url: str | None = Field(None, validate_default=True, description="URL of the service.")

    @field_validator("sketch_url")
    @classmethod
    def _require_url(cls, url: str | None, others: ValidationInfo) -> str | None:
        if url is None and others.data.get("provider") == "sketch":
            raise ValueError("It is not set, but PROVIDER=sketch needs it")
        return url


def test_a_provider_can_require_a_setting_of_its_own(env: pytest.MonkeyPatch) -> None:
    assert load_settings(SettingsThatRequireAURL).provider == "auto"
    env.setenv("PROVIDER", "Sketch")
    with pytest.raises(SettingsError, match="SKETCH_URL: It is not set"):
        load_settings(SettingsThatRequireAURL)
    env.setenv("SKETCH_URL", "http://localhost")
    assert load_settings(SettingsThatRequireAURL).provider == "sketch"


@pytest.mark.parametrize("name", [name.upper() for name in PATHS])
def test_an_unknown_home_folder_is_reported_with_all_other_errors(
    env: pytest.MonkeyPatch, name: str
) -> None:
    env.setenv(name, "~unknown-user/x")
    env.setenv("SHUTDOWN_GRACE", "-1")
    with pytest.raises(SettingsError) as refused:
        load_settings(SettingsWithAPath)
    assert f"{name}: " in str(refused.value)
    assert "~unknown-user/x" in str(refused.value)
    assert "SHUTDOWN_GRACE: " in str(refused.value)


def test_values_are_not_case_sensitive(env: pytest.MonkeyPatch) -> None:
    env.setenv("LOG_LEVEL", "INFO")
    env.setenv("PROVIDER", "Sketch")
    assert (load_settings().log_level, load_settings().provider_name) == ("info", "sketch")


def test_a_key_is_stripped_and_rejected_if_no_header_can_carry_it(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("OPENAI_API_KEY", f" {SECRET}\n")
    key = load_settings().openai_api_key
    assert key is not None
    assert key.get_secret_value() == SECRET
    for broken in ("sk-größe", "sk one two", "sk-\x07"):
        env.setenv("OPENAI_API_KEY", broken)
        with pytest.raises(
            SettingsError, match="OPENAI_API_KEY: It contains invalid characters"
        ) as refused:
            load_settings()
        assert broken not in str(refused.value)


def dotenv(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text)
    return path


def test_the_environment_takes_precedence_over_a_file(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = dotenv(tmp_path, f"OPENAI_API_KEY={SECRET}\nIMAGE_MODEL=one\nPROVIDER_TIMEOUT=5\n")
    env.setenv("IMAGE_MODEL", "two")
    settings = load_settings(env_file=file)
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == SECRET
    assert (settings.image_model, settings.provider_timeout) == ("two", 5)


def test_a_files_endpoint_is_used_only_with_the_files_own_key(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = "http://foreign.example/v1"
    alone = dotenv(tmp_path, f"OPENAI_BASE_URL={foreign}\n")
    assert load_settings(env_file=alone).openai_base_url == OPENAI
    both = dotenv(tmp_path, f"OPENAI_BASE_URL={foreign}\nOPENAI_API_KEY=sk-own\n")
    assert load_settings(env_file=both).openai_base_url == foreign
    env.setenv("OPENAI_API_KEY", SECRET)
    assert load_settings(env_file=both).openai_base_url == OPENAI


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings(env_file=tmp_path / "missing")


def test_an_unset_budget_is_no_limit_and_zero_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().limits == BudgetLimits()
    monkeypatch.setenv("BUDGET_DAY_USD", "0")
    monkeypatch.setenv("BUDGET_IMAGES_HOUR", "0")
    monkeypatch.setenv("BUDGET_CALL_USD", "0.1")
    limits = BudgetLimits(day_usd=Decimal(0), images_hour=0, call_usd=Decimal("0.1"))
    assert load_settings().limits == limits


@pytest.mark.parametrize("amount", ["-1", "inf", "nan", "five dollars"])
def test_an_invalid_budget_is_an_error(monkeypatch: pytest.MonkeyPatch, amount: str) -> None:
    monkeypatch.setenv("BUDGET_DAY_USD", amount)
    with pytest.raises(SettingsError, match="BUDGET_DAY_USD"):
        load_settings()


def test_a_call_has_four_times_the_timeout_unless_a_deadline_is_set(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("PROVIDER_TIMEOUT", "20")
    assert load_settings().call_deadline == 80
    env.setenv("PROVIDER_DEADLINE", "30")
    assert load_settings().call_deadline == 30
