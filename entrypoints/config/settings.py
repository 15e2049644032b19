"""Settings from the environment and, for the commands, from a .env file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_data_path, user_pictures_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from entrypoints.config.budget_settings import BudgetSettings
from entrypoints.config.http_settings import HttpSettings
from entrypoints.config.settings_error import SettingsError

APP = "mcp-server-gpt-image"
OPENAI = "https://api.openai.com/v1"
ProviderName = Literal[
    "openai",
    "sketch",
]
"""Every provider that PROVIDER can name."""
CACHE_PATHS = frozenset({"cache_dir"})
"""The paths that the stdio server resolves in the user's cache folder, not in the data folder."""


class Settings(BudgetSettings, HttpSettings):
    """All settings. The variable of a field is its name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    openai_api_key: SecretStr | None = Field(None, description="OpenAI API key.")
    openai_base_url: str = Field(
        OPENAI,
        pattern="^https?://",
        description="Base URL of OpenAI's Images API, or of a compatible one.",
    )
    openai_org_id: str | None = Field(None, description="Organization to bill.")
    openai_project_id: str | None = Field(None, description="Project to bill.")
    provider: Literal["auto", ProviderName] = Field(
        "auto",
        description="Image provider: openai, sketch (offline sketches), or auto, which uses openai "
        "if a key is set and sketch otherwise.",
    )
    image_model: str | None = Field(None, description="Default model.")
    output_dir: Path | None = Field(
        None, description="Directory for images. By default, GPT Image in your Pictures folder."
    )
    data_dir: Path = Field(
        Path(user_data_path(APP)),
        description="Directory for job records, offline sketches and quarantined replies.",
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
    progress_interval: Annotated[float, Field(gt=0, le=10)] = Field(
        10.0, description="Maximum seconds between progress notifications."
    )
    shutdown_grace: Annotated[float, Field(ge=0, le=600)] = Field(
        25.0, description="Seconds to let running jobs finish on shutdown."
    )
    cache_dir: Path = Field(
        Path(".cache/images"),
        description="Directory for cached results, which make equal requests free.",
    )
    cache_ttl: Annotated[float, Field(ge=0)] = Field(
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
    max_concurrent_calls: Annotated[int, Field(ge=1, le=1000)] = Field(
        48, description="Maximum number of concurrent calls to the provider; further calls wait."
    )
    max_waiting_calls: Annotated[int, Field(ge=0, le=10_000)] = Field(
        200, description="Maximum number of waiting calls; further calls are rejected."
    )
    warm_up: bool = Field(True, description="Load libraries before the first call needs them.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="Log level: debug, info, warning or error."
    )

    @field_validator("openai_api_key")
    @classmethod
    def _check_key_characters(cls, key: SecretStr | None) -> SecretStr | None:
        bare = key.get_secret_value().strip() if key else ""
        if not (bare.isascii() and bare.isprintable()) or " " in bare:
            raise ValueError("It contains invalid characters. Copy the key again")
        return SecretStr(bare) if bare else None

    @field_validator("log_level", "provider", mode="before")
    @classmethod
    def _lower_case(cls, word: object) -> object:
        return word.lower() if isinstance(word, str) else word

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

    @property
    def provider_name(self) -> ProviderName:
        """The provider that PROVIDER selects."""
        if self.provider == "auto":
            return "openai" if self.openai_api_key else "sketch"
        return self.provider

    @property
    def call_deadline(self) -> float:
        """PROVIDER_DEADLINE, else four times PROVIDER_TIMEOUT, in seconds."""
        return self.provider_deadline or 4 * self.provider_timeout

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no output may contain."""
        values = [value for _, value in self]
        return tuple(
            value.get_secret_value() for value in values if isinstance(value, SecretStr) and value
        )

    @property
    def images_folder(self) -> Path:
        """OUTPUT_DIR, else the user's folder for images; for sketches a folder below DATA_DIR."""
        if self.output_dir is not None:
            return self.output_dir
        if self.provider_name == "sketch":
            return self.data_dir / "sketches"
        return Path(user_pictures_path()) / "GPT Image"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            _EnvFileSource(settings_cls, env_settings, dotenv_settings),
        )


class _EnvFileSource(PydanticBaseSettingsSource):
    """A .env file, without its endpoint if the key comes from elsewhere.

    The .env of a cloned repository must not send the shell's key to another server.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        env: PydanticBaseSettingsSource,
        file: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._env, self._file = env, file

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401 - the base class's own signature
        return self._file.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        values = dict(self._file())
        if self._env().get("openai_api_key") or not values.get("openai_api_key"):
            values.pop("openai_base_url", None)
        return values


def load_settings(
    kind: type[Settings] = Settings,
    *,
    env_file: Path | None = None,
    at_home: bool = False,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """Load the settings; raise SettingsError with every fault and without secrets.

    `given` overrides the environment and the file. Every path is made absolute, and `~` is the
    user's home. `at_home` resolves relative paths below the user's data and cache folders instead
    of the working directory, which MCP hosts set to `/`.
    """
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"The .env file {env_file} does not exist.")
    try:
        settings = kind(_env_file=env_file, **(given or {}))  # type: ignore[call-arg] # the base class's
    except ValidationError as error:
        raise SettingsError(_faults(error)) from None
    paths = {
        name: _base(name, at_home=at_home) / path.expanduser()
        for name, path in settings
        if isinstance(path, Path)
    }
    return settings.model_copy(update=paths)


def _base(name: str, *, at_home: bool) -> Path:
    """The folder in which a relative path of this setting starts."""
    if not at_home:
        return Path.cwd()
    return Path(user_cache_path(APP) if name in CACHE_PATHS else user_data_path(APP))


def _faults(error: ValidationError) -> str:
    lines = ["Invalid settings:"]
    for fault in error.errors(include_input=False, include_url=False):
        reason = fault["msg"].removeprefix("Value error, ")
        if not fault["loc"]:  # from a model validator, whose text names the settings
            lines.append(f"  {reason}.")
            continue
        name = str(fault["loc"][0])
        meaning = Settings.model_fields[name].description if name in Settings.model_fields else ""
        lines.append(f"  {name.upper()}: {reason}. ({meaning})")
    return "\n".join(lines)
