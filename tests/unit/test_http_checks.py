"""An HTTP server does not start with settings that can never match; each error says what to use."""

from typing import Any, Literal

import pytest
from pydantic import Field

from entrypoints.config.http_checks import MAX_RESULT_BYTES, HttpServerSettings
from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http.startup_banner import startup_banner

VALID = {
    "CORS_ORIGIN": ("*", "https://a.example, http://localhost:5173/", "app-x://y, https://[::1]:2"),
    "TRUSTED_PROXIES": ("*", "127.0.0.1, 10.0.0.0/8", "::1, fd00::/8"),
    "ALLOWED_HOSTS": ("pics.example.com, Other.example:8443", "[2001:db8::1], a_b.example."),
    "RESULT_MAX_BYTES": ("100000", str(MAX_RESULT_BYTES)),
}
INVALID = {
    "CORS_ORIGIN": ("a.example", "https://a.example/page", "https://*.a.example", "https://", "**"),
    "TRUSTED_PROXIES": ("nonsense", "proxy.example", "*, 127.0.0.1", "10.0.0.1/8", "127.0.0.1:80"),
    "ALLOWED_HOSTS": ("*", "*.example.com", "https://a.example", "a.example/x", "2001:db8::1"),
    "RESULT_MAX_BYTES": (str(MAX_RESULT_BYTES + 1), "8000000"),
}
FIXES = {
    "CORS_ORIGIN": "Use scheme and host",
    "TRUSTED_PROXIES": "Use e.g. 127.0.0.1",
    "ALLOWED_HOSTS": "Use full names",
    "RESULT_MAX_BYTES": f"use at most {MAX_RESULT_BYTES}.",
}


def pairs(values: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, value) for name, several in values.items() for value in several]


@pytest.mark.parametrize(("name", "value"), pairs(VALID))
def test_a_valid_value_is_accepted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER", "sketch")
    monkeypatch.setenv(name, value)
    load_settings(HttpServerSettings)


@pytest.mark.parametrize(("name", "value"), pairs(INVALID))
def test_an_invalid_value_is_rejected_with_a_fix(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER", "sketch")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings(HttpServerSettings)
    (error,) = str(refused.value).splitlines()[1:]
    assert error.startswith(f"  {name}: ")
    assert FIXES[name] in error


def test_a_stdio_server_may_send_larger_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESULT_MAX_BYTES", "8000000")
    assert load_settings().result_max_bytes == 8_000_000


@pytest.mark.parametrize(("provider", "host"), [("auto", "192.0.2.1"), ("openai", "127.0.0.1")])
def test_a_server_for_openai_requires_a_key(
    provider: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER", provider)
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("ALLOW_UNAUTHENTICATED", "true")
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY (or .* )?is not set"):
        load_settings(HttpServerSettings)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert load_settings(HttpServerSettings).provider_name == "openai"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_server_on_loopback_starts_without_a_key_and_draws_sketches(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", host)
    settings = load_settings(HttpServerSettings)
    assert settings.provider_name == "sketch"
    banner = startup_banner(settings, 3000).splitlines()
    assert ":3000 in a browser." in banner[0]
    assert "offline sketches, because OPENAI_API_KEY is not set" in banner[1]


class SettingsWithAnotherProvider(HttpServerSettings):
    provider: Literal["auto", "openai", "sketch", "other"] = Field("auto")


def test_a_server_for_another_provider_requires_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER", "other")
    settings: Any = load_settings(SettingsWithAnotherProvider)
    assert settings.provider_name == "other"
