"""How the server is: for those who watch it."""

import logging

from litestar import HttpMethod, Response, route

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP
from entrypoints.http.request_context import AnyRequest, container_of

logger = logging.getLogger(__name__)

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
    readiness = await container_of(request).check_readiness()()
    for check in readiness.checks:
        if check.reason:
            logger.warning("the %s is %s: %s", check.name, check.state, check.reason)
    ready, checks = readiness.is_ready, {check.name: check.state for check in readiness.checks}
    body: dict[str, object] = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(body, status_code=200 if ready else 503)
