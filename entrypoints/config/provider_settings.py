"""Settings of the image providers: their keys, which one is the first, and the default model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from entrypoints.config.plugin_settings import check_name
from entrypoints.config.setting_text import check_api_key, check_url

OPENAI = "https://api.openai.com/v1"
GEMINI = "https://generativelanguage.googleapis.com"
ProviderName = Literal[
    "openai",
    "azure",
    "compatible",
    "gemini",
    "sketch",
]
"""Every provider that PROVIDER can name."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "openai": ("openai_api_key",),
    "azure": ("azure_openai_endpoint", "azure_openai_deployments"),
    "compatible": ("openai_compatible_urls",),
    "gemini": ("gemini_api_key",),
}
"""What a provider cannot do without; PROVIDER=auto takes the first one that has it."""


def _check_provider(name: str) -> str:
    return check_name(name, "providers", ["auto", *get_args(ProviderName)])


class ProviderSettings(BaseSettings):
    """What the providers need. Several may be set up at once; PROVIDER says which is the first."""

    openai_api_key: SecretStr | None = Field(None, description="OpenAI API key.")
    openai_base_url: str = Field(
        OPENAI,
        description="Base URL of OpenAI's Images API, or of a compatible one.",
    )
    openai_org_id: str | None = Field(None, description="Organization to bill.")
    openai_project_id: str | None = Field(None, description="Project to bill.")
    gemini_api_key: SecretStr | None = Field(None, description="Gemini API key.")
    gemini_base_url: str = Field(
        GEMINI, description="Base URL of the Gemini API, without a version."
    )
    gemini_store: bool = Field(
        True,
        description="Let Google store interactions, so that an image survives a restart and a "
        "conversation continues from the last one; otherwise its earlier prompts are sent again.",
    )
    provider: Annotated[str, AfterValidator(_check_provider)] = Field(
        "auto",
        description="Image provider of requests that name no model: openai, azure, compatible "
        "(the first such server), gemini, sketch (offline sketches and nothing else), a plugin, or "
        "auto, the first of ours that is set up.",
    )
    image_model: str | None = Field(None, description="Default model.")
    fallback: str | None = Field(
        None,
        description="Model to ask if the first one's provider fails and provably charges nothing. "
        "By default, none is asked.",
    )
    models_file: Path | None = Field(
        None, description="TOML file with models of your own, and with changes to ours."
    )

    @field_validator("openai_base_url", "gemini_base_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        check_url(url)
        return url

    @field_validator("openai_api_key", "gemini_api_key")
    @classmethod
    def _check_key_characters(cls, key: SecretStr | None) -> SecretStr | None:
        bare = key.get_secret_value().strip() if key else ""
        if bare:
            check_api_key(bare)
        return SecretStr(bare) if bare else None

    @field_validator("provider")
    @classmethod
    def _check_address(cls, provider: str, others: ValidationInfo) -> str:
        """Without its key, an endpoint that is known stays, and each call says what is missing.

        Without an address, there is no provider.
        """
        has_address = provider in {"openai", "gemini"}
        needed = () if has_address else NEEDED.get(provider, ())
        if missing := [name.upper() for name in needed if not others.data.get(name, "unknown")]:
            verb = "is" if len(missing) == 1 else "are"
            raise ValueError(f"{' and '.join(missing)} {verb} not set")
        return provider

    @property
    def configured(self) -> tuple[str, ...]:
        """The providers that have what they need, in the order of NEEDED."""
        return tuple(
            name
            for name, needed in NEEDED.items()
            if all(getattr(self, setting) for setting in needed)
        )

    @property
    def provider_name(self) -> str:
        """The provider that PROVIDER selects: the first one."""
        return self.provider if self.provider != "auto" else next(iter(self.configured), "sketch")

    @property
    def provider_names(self) -> tuple[str, ...]:
        """All providers, the first one first: it serves requests that name no model.

        Sketches come alone, so that nothing can be billed beside them.
        """
        first = self.provider_name
        others = () if first == "sketch" else self.configured
        return (first, *(name for name in others if name != first))
