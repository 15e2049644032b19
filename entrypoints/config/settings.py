"""All settings, with their defaults and checks. `load_settings` reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from platformdirs import user_cache_path, user_data_path, user_pictures_path
from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from entrypoints.config.api_settings import ApiSettings
from entrypoints.config.azure_settings import AzureSettings
from entrypoints.config.budget_settings import BudgetSettings
from entrypoints.config.compatible_settings import CompatibleSettings
from entrypoints.config.http_settings import HttpSettings
from entrypoints.config.input_settings import InputSettings
from entrypoints.config.plugin_settings import PluginSettings
from entrypoints.config.provider_settings import ProviderSettings
from entrypoints.config.secret_files import UnreadableSecret
from entrypoints.config.setting_text import (
    check_filled,
    check_folder,
    expand_home,
)
from entrypoints.config.variable_source import is_path, is_secret

APP = "mcp-server-gpt-image"
SYNONYMS = {"warn": "warning", "err": "error"}
"""Other programs' names of log levels."""
CACHE_PATHS = frozenset({"cache_dir"})
"""The paths that the stdio server resolves in the user's cache folder, not in the data folder."""


class Settings(
    ProviderSettings,
    AzureSettings,
    CompatibleSettings,
    ApiSettings,
    BudgetSettings,
    InputSettings,
    PluginSettings,
    HttpSettings,
):
    """All settings. The variable of a field is its name in capitals.

    `reads_web_settings`: whether the fields of HttpSettings are read, or keep their defaults.
    `local_names`: the beginnings of the names that count without the prefix GPT_IMAGE_ in a `.env`
    of the working directory, where any other program may have variables as well.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)
    reads_web_settings: ClassVar[bool] = False
    local_names: ClassVar[tuple[str, ...]] = ("openai_", "azure_openai_", "gemini_", "budget_")

    output_dir: Path | None = Field(
        None, description="Directory for images. By default, GPT Image in your Pictures folder."
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(user_data_path(APP)),
        description="Directory for job records, offline sketches and quarantined replies.",
    )
    presets_dir: Path | None = Field(
        None,
        description="Directory for your own presets, and in its folder styles for your styles. By "
        "default, presets in DATA_DIR.",
    )
    provider_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        300.0, description="Seconds to wait for the provider's next bytes."
    )
    provider_deadline: Annotated[float, Field(gt=0, le=14_400)] | None = Field(
        None,
        description="Maximum seconds of one call to the provider; by default four times "
        "PROVIDER_TIMEOUT.",
    )
    result_max_bytes: Annotated[int, Field(ge=100_000, le=8_000_000)] = Field(
        900_000, description="Maximum bytes of an MCP message; larger images are sent as previews."
    )
    client_profile: str | None = Field(
        None,
        description="Profile of all MCP clients, whatever they call themselves; see "
        "docs/clients.md.",
    )
    mcp_apps: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Show the image viewer in MCP clients: on, off, or auto, which does so in "
        "clients that declare MCP Apps.",
    )
    progress_interval: Annotated[float, Field(gt=0, le=10)] = Field(
        10.0, description="Maximum seconds between progress notifications."
    )
    shutdown_grace: Annotated[float, Field(ge=0, le=600)] = Field(
        25.0, description="Seconds to let running jobs finish on shutdown."
    )
    cache_dir: Path = Field(
        default_factory=lambda: Path(user_cache_path(APP)) / "images",
        description="Directory for cached results, which make equal requests free.",
    )
    cache_ttl: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        3600.0, description="Cache lifetime in seconds; 0 disables caching."
    )
    cache_max_size: Annotated[int, Field(ge=0)] = Field(
        100, description="Maximum megabytes of the cache on disk; 0 disables it."
    )
    cache_memory_size: Annotated[int, Field(ge=0)] = Field(
        64, description="Maximum megabytes of the cache in memory; 0 disables it."
    )
    on_disconnect: Literal["finish", "cancel"] = Field(
        "finish",
        description="What to do with a sent job after all clients disconnect: finish or cancel.",
    )
    reply_deadline: Annotated[float, Field(ge=0, le=3600)] = Field(
        45.0,
        description="Seconds after which an MCP call returns a job ID if its images are not ready.",
    )
    reply_deadline_progress: Annotated[float, Field(ge=0, le=3600)] = Field(
        200.0,
        description="The same for clients that restart their timeout on progress notifications.",
    )
    output_max_size: Annotated[int, Field(ge=0)] | None = Field(
        None,
        description="Maximum megabytes of stored images; deletes the oldest. Unlimited by default.",
    )
    trash_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        7, description="Days for which deleted images can be restored; 0 deletes them at once."
    )
    uploads_max_age: Annotated[int, Field(ge=0, le=3650)] = Field(
        30, description="Days after which uploaded images are deleted; 0 keeps them."
    )
    max_concurrent_calls: Annotated[int, Field(ge=1, le=1000)] = Field(
        100, description="Maximum number of concurrent calls to the provider; further calls wait."
    )
    max_waiting_calls: Annotated[int, Field(ge=0, le=10_000)] = Field(
        200, description="Maximum number of waiting calls; further calls are rejected."
    )
    greeter: bool = Field(
        True,
        description="Over stdio, answer the first requests from a recording while the server loads."
        " Read from the environment only.",
    )
    warm_up: bool = Field(True, description="Load libraries before the first call needs them.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="Log level: debug, info, warning or error."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="Log format: json, or console for people."
    )
    log_prompts: bool = Field(False, description="Log prompts in plain text instead of hashes.")
    _notes: tuple[str, ...] = PrivateAttr(())
    _other_variables: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("client_profile")
    @classmethod
    def _check_client_profile(cls, name: str | None) -> str | None:
        from entrypoints.wire.client_profiles import UNKNOWN, client_profiles

        known = (*client_profiles(), UNKNOWN)
        if name is not None and name.lower() not in known:
            raise ValueError(f"There is no such profile. Use one of: {', '.join(known)}")
        return name.lower() if name else None

    @field_validator(
        "log_level", "log_format", "on_disconnect", "provider", "mcp_apps", mode="before"
    )
    @classmethod
    def _lower_case(cls, word: object) -> object:
        return SYNONYMS.get(word.lower(), word.lower()) if isinstance(word, str) else word

    @field_validator("*")
    @classmethod
    def _check_home(cls, value: object) -> object:
        if isinstance(value, Path):
            try:
                value.expanduser()
            except RuntimeError:
                reason = f"The home folder in {value} is not known. Use an absolute path"
                raise ValueError(reason) from None
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _check_text(cls, value: object, info: ValidationInfo) -> object:
        # Of the checks before a value is converted, the last one in the class runs first.
        if isinstance(value, UnreadableSecret):
            raise ValueError(value.reason)
        if not isinstance(value, str):
            return value
        field = cls.model_fields[info.field_name or ""]
        text = expand_home(value) if is_path(field) else value
        check_filled(text, secret=is_secret(field))
        if is_path(field):
            check_folder(text)
        return text

    @property
    def call_deadline(self) -> float:
        """PROVIDER_DEADLINE, else four times PROVIDER_TIMEOUT, in seconds."""
        return self.provider_deadline or 4 * self.provider_timeout

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no output may contain."""
        values = [value for _, value in self]
        return (
            *(each.get_secret_value() for each in values if isinstance(each, SecretStr) and each),
            *self.compatible_keys.values(),
        )

    @property
    def images_folder(self) -> Path:
        """OUTPUT_DIR, else the user's folder for images; for sketches a folder below DATA_DIR."""
        if self.output_dir is not None:
            return self.output_dir
        if self.provider_name == "sketch":
            return self.data_dir / "sketches"
        return Path(user_pictures_path()) / "GPT Image"

    @property
    def presets_folder(self) -> Path:
        """PRESETS_DIR, else `presets` in DATA_DIR."""
        return self.presets_dir or self.data_dir / "presets"

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know about variables that were not used, a sentence each."""
        return self._notes

    def with_notes(self, notes: tuple[str, ...]) -> Self:
        """The same settings with these notes."""
        copy = self.model_copy()
        copy._notes = notes  # noqa: SLF001 - its own
        return copy

    @property
    def origins(self) -> Mapping[str, str]:
        """Where each setting that has no default comes from: an option, or a variable and its file.

        Empty for settings that `load_settings` has not read.
        """
        return self._origins

    def with_origins(self, origins: Mapping[str, str]) -> Self:
        """The same settings with these origins."""
        copy = self.model_copy()
        copy._origins = origins  # noqa: SLF001 - its own
        return copy

    @property
    def other_variables(self) -> Mapping[str, str]:
        """The variables that are no settings of this server; plugins get those that are theirs."""
        return self._other_variables

    def with_other_variables(self, variables: Mapping[str, str]) -> Self:
        """The same settings with these variables."""
        copy = self.model_copy()
        copy._other_variables = variables  # noqa: SLF001 - its own
        return copy

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only given values: `load_settings` alone reads the environment and files."""
        return (init_settings,)
