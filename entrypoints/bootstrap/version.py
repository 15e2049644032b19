"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> str:
    """Return the installed version, or `0` if the sources run without being installed."""
    try:
        return installed_version("mcp-server-gpt-image")
    except PackageNotFoundError:
        return "0"
