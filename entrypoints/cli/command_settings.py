"""The settings of commands that run and end."""

from pathlib import Path

from entrypoints.cli.setting_notes import print_notes
from entrypoints.config.loading import load_settings
from entrypoints.config.settings import Settings


def command_settings(
    env_file: Path | None, *, auto_provider: str = "auto", notes: bool = True
) -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet.

    `auto_provider` is what PROVIDER=auto means for the command: sketch for one that needs no
    provider, whether or not a key is set; openai only if no provider is set up.
    `notes`: whether to print what people should know about variables that were not used.
    """
    settings = load_settings(env_file=env_file, local_file=True)
    if notes:
        print_notes(settings)
    if settings.provider == "auto" and (auto_provider == "sketch" or not settings.configured):
        settings = settings.model_copy(update={"provider": auto_provider})
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # the command explains its failures
