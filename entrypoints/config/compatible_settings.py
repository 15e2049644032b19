"""Settings of servers that are compatible with OpenAI's Images API."""

import re
from dataclasses import dataclass

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from entrypoints.config.pairs import read_pairs
from entrypoints.config.setting_text import check_api_key, check_url

NAME = re.compile("[a-z][a-z0-9-]{0,30}")
RESERVED = frozenset(
    {"openai", "openai-responses", "azure", "gemini", "compatible", "sketch", "auto", "probe"}
)
"""Names of other providers, words of PROVIDER, and the server at a URL of `gpt-image probe`."""
SERVER = "local=http://localhost:8000/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatibleServer:
    """A server of OPENAI_COMPATIBLE_URLS; the name is that of its provider."""

    name: str
    url: str
    key: str | None = None
    model: str | None = None


class CompatibleSettings(BaseSettings):
    """Where the servers are, their keys and their default models."""

    openai_compatible_urls: str | None = Field(
        None,
        description="Servers with OpenAI's Images API, by name, e.g. "
        f"{SERVER}; the name is the provider.",
    )
    openai_compatible_keys: SecretStr | None = Field(
        None,
        description="API keys of these servers by name, e.g. relay=sk-...; none for a "
        "server without keys.",
    )
    openai_compatible_models: str | None = Field(
        None, description="Default models of these servers by name, e.g. local=Qwen/Qwen-Image."
    )

    @field_validator("openai_compatible_urls")
    @classmethod
    def _check_urls(cls, text: str | None) -> str | None:
        for name, url in read_pairs(text or "", SERVER).items():
            if not NAME.fullmatch(name) or name in RESERVED:
                raise ValueError(
                    f"{name[:40]!r} cannot be the name of a server. Use lower-case letters, digits "
                    "and hyphens, and no name of another provider"
                )
            try:
                check_url(url)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return text

    @field_validator("openai_compatible_keys")
    @classmethod
    def _check_keys(cls, keys: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        pairs = read_pairs(keys.get_secret_value() if keys else "", "relay=sk-...")
        for name, key in pairs.items():
            check_api_key(key)
            _check_known(name, others)
        return keys

    @field_validator("openai_compatible_models")
    @classmethod
    def _check_models(cls, text: str | None, others: ValidationInfo) -> str | None:
        for name in read_pairs(text or "", "local=Qwen/Qwen-Image"):
            _check_known(name, others)
        return text

    @property
    def compatible_servers(self) -> tuple[CompatibleServer, ...]:
        """The servers of OPENAI_COMPATIBLE_URLS, in order."""
        keys, models = self.compatible_keys, read_pairs(self.openai_compatible_models or "", "")
        return tuple(
            CompatibleServer(name=name, url=url, key=keys.get(name), model=models.get(name))
            for name, url in read_pairs(self.openai_compatible_urls or "", "").items()
        )

    @property
    def compatible_keys(self) -> dict[str, str]:
        """The key of each server that has one."""
        keys = self.openai_compatible_keys
        return read_pairs(keys.get_secret_value() if keys else "", "")


def _check_known(name: str, others: ValidationInfo) -> None:
    urls = others.data.get("openai_compatible_urls")
    if urls and name != "probe" and name not in read_pairs(urls, SERVER):
        raise ValueError(f"{name[:40]!r} is no server of OPENAI_COMPATIBLE_URLS")
