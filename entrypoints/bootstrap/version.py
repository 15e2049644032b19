"""Which version of the distribution this is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> str:
    """The installed version, `0` when the sources run without having been installed."""
    try:
        return installed_version("mcp-server-gpt-image")
    except PackageNotFoundError:
        return "0"
