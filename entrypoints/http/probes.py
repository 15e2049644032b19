"""What probes of monitoring tools are told, before and after the application is loaded."""

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP

LIVE = {"status": "ok"}
STARTING: dict[str, object] = {"status": "not ready", "checks": {"startup": "starting"}}
"""The body of /readyz, with status 503, until the libraries that calls need are loaded."""


def health() -> dict[str, str]:
    """The body of /health."""
    return {"status": "ok", "service": APP, "version": version()}
