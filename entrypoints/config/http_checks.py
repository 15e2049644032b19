"""The settings of the HTTP server, with the checks that they must pass before it listens."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import SecretStr, ValidationInfo, field_validator

from entrypoints.config.host_names import HOST, is_loopback
from entrypoints.config.loading import load_settings
from entrypoints.config.provider_settings import NEEDED
from entrypoints.config.settings import Settings

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@*]+/?", re.IGNORECASE)
EVENT_OVERHEAD_BYTES = 48_576
"""Bytes around a message, of the 1 MiB that MCP clients accept as one event."""
MAX_RESULT_BYTES = 1024 * 1024 - EVENT_OVERHEAD_BYTES


class HttpServerSettings(Settings):
    """All settings, valid for an HTTP server. By default it logs every request.

    From a `.env` in the working directory it takes the names of its predecessor, too.
    """

    reads_web_settings: ClassVar[bool] = True
    local_names: ClassVar[tuple[str, ...]] = (
        *Settings.local_names,
        "port",
        "cors_origin",
        "cache_",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("host")
    @classmethod
    def _check_host(cls, host: str) -> str:
        match = HOST.fullmatch(host.lower())
        is_bare = match and match["name"].strip("[]") == host.lower().strip("[]").rstrip(".")
        if not (is_bare or ("/" not in host and _is_address(host))):
            raise ValueError(
                "It is not an address or a host name alone. Use e.g. localhost, 127.0.0.1, or "
                "0.0.0.0 for all networks; the port is PORT"
            )
        return host

    @field_validator("auth_token")
    @classmethod
    def _require_token_off_loopback(
        cls, token: SecretStr | None, others: ValidationInfo
    ) -> SecretStr | None:
        host, open_to_all = others.data.get("host"), others.data.get("allow_unauthenticated")
        if token is None and open_to_all is False and host is not None and not is_loopback(host):
            raise ValueError(
                f"With HOST={host}, other machines could generate images at your cost. Set a token "
                "(openssl rand -hex 32), or ALLOW_UNAUTHENTICATED=true"
            )
        return token

    @field_validator("allowed_hosts")
    @classmethod
    def _check_allowed_hosts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not HOST.fullmatch(name.lower()):
                raise ValueError(
                    f"{name!r} is not a host name. Use full names or addresses, e.g. "
                    "images.example.com or [2001:db8::1], without https:// and without *. Every "
                    "port of them is allowed"
                )
        return names

    @field_validator("cors_origin")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is not an origin. Use scheme and host without a path, e.g. "
                    "https://app.example.com or http://localhost:5173, or * alone"
                )
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _check_trusted_proxies(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if proxies != ("*",) and not _is_address(proxy):
                raise ValueError(
                    f"{proxy!r} is not an address or network. Use e.g. 127.0.0.1 or 10.0.0.0/8 "
                    "(the bits after the first 8 are 0), or * alone"
                )
        return proxies

    @field_validator("result_max_bytes")
    @classmethod
    def _check_result_size(cls, size: int) -> int:
        if size > MAX_RESULT_BYTES:
            raise ValueError(
                "MCP clients disconnect at events larger than 1 MiB. Over HTTP, use at most "
                f"{MAX_RESULT_BYTES}"
            )
        return size

    @field_validator("provider")
    @classmethod
    def _require_provider(cls, provider: str, others: ValidationInfo) -> str:
        is_open = not is_loopback(others.data.get("host", "127.0.0.1"))
        auto = [*NEEDED.values()] if is_open else []
        needed = (
            auto
            if provider == "auto"
            else [each for name, each in NEEDED.items() if name == provider]
        )
        has = [all(others.data.get(each, "unknown") for each in settings) for settings in needed]
        if needed and not any(has):
            names = " or ".join(" with ".join(map(str.upper, settings)) for settings in needed)
            raise ValueError(
                f"{names} is not set. Set it, or use PROVIDER=sketch for offline sketches"
            )
        return provider


def _is_address(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def load_http_settings(env_file: Path | None, host: str | None, port: int | None) -> Settings:
    """Load settings from the environment and from `env_file`, or `.env` in the working directory.

    `host` and `port` override both. Raises SettingsError, also for settings that would open the
    server to other machines without a token or without a provider.
    """
    given = {"host": host, "port": port}
    return load_settings(
        HttpServerSettings,
        env_file=env_file,
        local_file=True,
        given={name: value for name, value in given.items() if value is not None},
    )
