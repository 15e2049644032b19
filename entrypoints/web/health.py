"""How the server is: for those who watch it."""

from litestar import HttpMethod, Response, route

from domain.errors import StudioError
from entrypoints.settings import APP
from entrypoints.version import version
from entrypoints.web.requests import AnyRequest, container_of

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

    A cache that fails is told, and is no reason: every call works without it.
    """
    container = container_of(request)
    checks: dict[str, str] = {"archive": "ok", "cache": "ok"}
    if container.jobs().draining:
        checks["jobs"] = "draining"
    try:
        await container.archive().ready()
    except StudioError as error:
        checks["archive"] = error.message
    try:
        await container.cache_stats()()
    except StudioError as error:
        checks["cache"] = error.message
    ready = all(word == "ok" for name, word in checks.items() if name != "cache")
    body: dict[str, object] = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(body, status_code=200 if ready else 503)
