"""Settings of a web server: what must be right before it may listen."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr, ValidationInfo, field_validator

from entrypoints.settings import Settings, load_settings
from entrypoints.web.gate.doorkeeper import is_loopback


class ServedSettings(Settings):
    """Settings with which a web server may start. It tells of every request unless told less."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("auth_token")
    @classmethod
    def _nobody_paints_at_the_cost_of_a_stranger(
        cls, token: SecretStr | None, others: ValidationInfo
    ) -> SecretStr | None:
        host, open_to_all = others.data.get("host"), others.data.get("allow_unauthenticated")
        if token is None and open_to_all is False and host is not None and not is_loopback(host):
            raise ValueError(
                f"With HOST={host} other machines reach the server, and their pictures would cost "
                "your money: set one (openssl rand -hex 32), or ALLOW_UNAUTHENTICATED=true"
            )
        return token

    @field_validator("provider")
    @classmethod
    def _served_pictures_are_real_unless_said_otherwise(
        cls, provider: str, others: ValidationInfo
    ) -> str:
        if provider != "sketch" and others.data.get("openai_api_key", "unknown") is None:
            raise ValueError(
                "There is no OPENAI_API_KEY to paint with: set it, or PROVIDER=sketch for "
                "offline sketches"
            )
        return provider


def served_settings(env_file: Path | None, host: str | None, port: int | None) -> Settings:
    """Settings of the environment and of `.env` in the working directory, or of `env_file`.

    Raises SettingsError, also where a server with these settings would be open to strangers or
    could paint nothing.
    """
    here = Path(".env")
    given = {"host": host, "port": port}
    return load_settings(
        ServedSettings,
        env_file=env_file or (here if here.is_file() else None),
        given={name: value for name, value in given.items() if value is not None},
    )
