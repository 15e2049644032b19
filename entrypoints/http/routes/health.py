"""Routes for monitoring: liveness and readiness."""

from litestar import Response, route

from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import STRING, object_of
from entrypoints.http.probes import LIVE, STARTING
from entrypoints.http.probes import health as health_facts
from entrypoints.http.readiness import check_and_log
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of, warmed_up
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
    return health_facts()


@route("/livez", http_method=GET_AND_HEAD, operation=_status("get_liveness", "The process runs."))
async def livez() -> dict[str, str]:
    """Liveness: the process runs; nothing else is checked."""
    return LIVE


@route(
    "/readyz",
    http_method=GET_AND_HEAD,
    operation=_status(
        "get_readiness",
        "The server accepts new jobs.",
        "The server is starting or draining, or cannot store images or record jobs.",
        checks={"type": "object"},
        warnings={"type": "array", "items": STRING},
    ),
)
async def readyz(request: AnyRequest) -> Response[dict[str, object]]:
    """Readiness: 503 while the server starts or drains, or cannot store images or record jobs.

    The state of the cache is reported but does not affect readiness, because every call works
    without it. The reason for a failed check is only in the log, because this path needs no token.
    `warnings` names a default model that retires within 30 days; it does not affect readiness.
    """
    if not warmed_up(request).is_set():
        return Response(STARTING, status_code=503)
    readiness = await check_and_log(container_of(request))
    ready, checks = readiness.is_ready, {check.name: check.state for check in readiness.checks}
    body: dict[str, object] = {
        "status": "ready" if ready else "not ready",
        "checks": checks,
        "warnings": [*readiness.warnings],
    }
    return Response(body, status_code=200 if ready else 503)
