"""How the server is: for those who watch it."""

import logging

from litestar import HttpMethod, Response, route

from domain.errors import ImageServiceError
from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP
from entrypoints.http.request_context import AnyRequest, container_of

logger = logging.getLogger(__name__)

UNAVAILABLE = "unavailable"
ASKED_WITH = [HttpMethod.GET, HttpMethod.HEAD]
"""Many who watch want no body."""


@route("/health", http_method=ASKED_WITH)
async def health() -> dict[str, str]:
    """That it answers, and who it is."""
    return {"status": "ok", "service": APP, "version": version()}


@route("/livez", http_method=ASKED_WITH)
async def livez() -> dict[str, str]:
    """That the process lives; looks at nothing else."""
    return {"status": "ok"}


@route("/readyz", http_method=ASKED_WITH)
async def readyz(request: AnyRequest) -> Response[dict[str, object]]:
    """Whether it takes new work: 503 while it drains, or where pictures could not be kept.

    A cache that fails is told, and is no reason: every call works without it. Why something is
    unavailable only the log says: whoever asks here may be a stranger.
    """
    container = container_of(request)
    checks: dict[str, str] = {"archive": "ok", "cache": "ok"}
    if container.job_runner().draining:
        checks["jobs"] = "draining"
    for name, look in (
        ("archive", container.image_store().check_writable),
        ("cache", container.cache_stats()),
    ):
        try:
            await look()
        except ImageServiceError as error:
            checks[name] = UNAVAILABLE
            logger.warning("the %s is %s: %s", name, UNAVAILABLE, error.message)
    ready = all(word == "ok" for name, word in checks.items() if name != "cache")
    body: dict[str, object] = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(body, status_code=200 if ready else 503)
