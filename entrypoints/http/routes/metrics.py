"""What Prometheus scrapes: requests by Litestar's plugin, and beside them what our jobs did."""

from litestar import Response, get
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig

from entrypoints.config.settings import APP
from entrypoints.http.openapi.operation import ApiResponse, Operation
from entrypoints.http.openapi.schema_parts import STRING
from entrypoints.http.request_context import AnyRequest, container_of

RESPONSE_SECONDS_BUCKETS = [
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
]
"""Seconds; a stream takes until its last byte."""
WATCHERS = r"^/(health|livez|readyz|metrics)/?$"


def counting() -> DefineMiddleware:
    """Counts requests by route, never by what stands in a path.

    The plugin keeps its counters in the registry of the process, not of an application: one
    application a process is what there is outside of tests.
    """
    return PrometheusConfig(
        app_name=APP,
        prefix="gpt_image_http",
        group_path=True,
        exclude=WATCHERS,
        buckets=[*RESPONSE_SECONDS_BUCKETS],
    ).middleware


@get(
    "/metrics",
    operation=Operation(
        tag="Health",
        responses={
            200: ApiResponse(
                description="Prometheus' text format.", content={"text/plain": {"schema": STRING}}
            )
        },
    ),
)
async def metrics(request: AnyRequest) -> Response[bytes]:
    """Counters and timings for Prometheus, as text.

    The plugin's own controller would show the registry of the process alone.
    """
    told = container_of(request).metrics()
    return Response(told.exposition(), media_type=told.media_type)
