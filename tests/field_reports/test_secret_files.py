"""Secrets in files, as Docker, Kubernetes and systemd pass them."""

from pathlib import Path

import pytest

from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from tests.field_reports.setting_help import (
    KEY,
    http_settings,
    value_of,
)


@pytest.mark.parametrize("prefix", ["", "GPT_IMAGE_"])
@pytest.mark.parametrize("content", [f"{KEY}\n", f'"{KEY}"\r\n', f"\ufeff {KEY}"])
def test_a_secret_may_be_in_a_file(
    prefix: str, content: str, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("OPENAI_API_KEY", "AUTH_TOKEN"):
        (tmp_path / name).write_text(content)
        env.setenv(f"{prefix}{name}_FILE", str(tmp_path / name))
    settings = http_settings()
    assert value_of(settings, "OPENAI_API_KEY") == value_of(settings, "AUTH_TOKEN") == KEY
    assert KEY in settings.secrets
    assert load_settings(at_home=True).provider_name == "openai"


def test_a_secret_file_that_powershell_wrote_is_read(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(f"{KEY}\r\n".encode("utf-16"))
    env.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    assert value_of(load_settings(), "OPENAI_API_KEY") == KEY


@pytest.mark.parametrize("file", ["key", "./key", "'key'", "~/../work/key", "$HOME/../work/key"])
def test_the_path_of_a_secret_may_be_relative_or_below_home(
    file: str, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "work" / "key").write_text(KEY)
    (tmp_path / "home").mkdir(exist_ok=True)
    env.setenv("OPENAI_API_KEY_FILE", file)
    assert value_of(load_settings(), "OPENAI_API_KEY") == KEY


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (r"C:\Users\me\key", "/mnt/c/Users/me/key"),
        ("file:///run/secrets/key", "It is a URL"),
        ("${KEY_FILE}", "not filled in"),
    ],
)
def test_a_path_of_a_secret_that_is_no_path_is_named(
    file: str, words: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("OPENAI_API_KEY_FILE", file)
    with pytest.raises(SettingsError, match=words):
        load_settings()


def test_a_secret_that_cannot_be_read_is_an_error_that_names_the_file(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "wrapped").write_text(f"{KEY}\n{KEY}\n")
    (tmp_path / "folder").mkdir()
    cases = {
        "missing": "There is no file",
        "empty": "is empty",
        "large": "has more than 65,536 bytes",
        "folder": "is a folder. Docker creates one",
        "wrapped": "a line break",
    }
    for name, words in cases.items():
        env.setenv("OPENAI_API_KEY_FILE", str(tmp_path / name))
        with pytest.raises(SettingsError, match=words) as refused:
            load_settings()
        assert "  OPENAI_API_KEY_FILE: " in str(refused.value)
        assert KEY not in str(refused.value)


def test_a_secret_that_is_given_twice_is_an_error(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    env.setenv("OPENAI_API_KEY", "sk-other")
    env.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    words = "OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set. Remove one"
    with pytest.raises(SettingsError, match=words):
        load_settings()
