"""Routes for monitoring: liveness and readiness."""

from litestar import Response, route

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP
from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import STRING, object_of
from entrypoints.http.readiness import check_and_log
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of
from entrypoints.wire.json_schema import Schema


def _status(name: str, ok: str, unavailable: str = "", **fields: Schema) -> Operation:
    schema = object_of("status", status=STRING, **fields)
    responses = {200: json_response(ok, schema)}
    if unavailable:
        responses[503] = json_response(unavailable, schema)
    return Operation(name=name, tag="Health", responses=responses)


@route(
    "/health",
    http_method=GET_AND_HEAD,
    operation=_status("get_health", "The server responds.", service=STRING, version=STRING),
)
async def health() -> dict[str, str]:
    """Service name and version."""
    return {"status": "ok", "service": APP, "version": version()}


@route("/livez", http_method=GET_AND_HEAD, operation=_status("get_liveness", "The process runs."))
async def livez() -> dict[str, str]:
    """Liveness: the process runs; nothing else is checked."""
    return {"status": "ok"}


@route(
    "/readyz",
    http_method=GET_AND_HEAD,
    operation=_status(
        "get_readiness",
        "The server accepts new jobs.",
        "The server is draining, or cannot store images or record jobs.",
        checks={"type": "object"},
    ),
)
async def readyz(request: AnyRequest) -> Response[dict[str, object]]:
    """Readiness: 503 while the server drains, or cannot store images or record jobs.

    The state of the cache is reported but does not affect readiness, because every call works
    without it. The reason for a failed check is only in the log, because this path needs no token.
    """
    readiness = await check_and_log(container_of(request))
    ready, checks = readiness.is_ready, {check.name: check.state for check in readiness.checks}
    body: dict[str, object] = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(body, status_code=200 if ready else 503)
