"""The settings of commands that run and end."""

from pathlib import Path

from entrypoints.config.settings import Settings, load_settings


def command_settings(env_file: Path | None, *, auto_provider: str = "auto") -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet.

    `auto_provider` is what PROVIDER=auto means for the command, whether or not a key is set.
    """
    here = Path(".env")
    settings = load_settings(env_file=env_file or (here if here.is_file() else None))
    if settings.provider == "auto":
        settings = settings.model_copy(update={"provider": auto_provider})
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # the command explains its failures
