"""Settings as each entry point reads them, in a folder of the test's own."""

from collections.abc import Callable

from entrypoints.config.http_checks import load_http_settings
from entrypoints.config.loading import load_settings
from entrypoints.config.settings import Settings

KEY = "sk-test-1234567890"
TOKEN = "a-token-of-24-characters"
EntryPoint = Callable[[], Settings]


def value_of(settings: Settings, variable: str) -> object:
    """The setting's value; of a secret, the text."""
    value = getattr(settings, variable.lower())
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def command_settings() -> Settings:
    """The settings of a command in the working directory."""
    return load_settings(local_file=True)


def http_settings() -> Settings:
    """The settings of the HTTP server in the working directory."""
    return load_http_settings(None, None, None)
