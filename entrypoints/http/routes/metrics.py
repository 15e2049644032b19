"""The route for Prometheus: requests, counted by Litestar's plugin, and the metrics of jobs."""

from litestar import Response, route
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig

from entrypoints.config.settings import APP
from entrypoints.http.openapi.operation import ApiResponse, Operation
from entrypoints.http.openapi.schema_parts import STRING
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of

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
"""Seconds; a stream lasts until its last byte."""
PROBES = r"^/(health|livez|readyz|metrics)/?$"


def request_metrics() -> DefineMiddleware:
    """Middleware that counts requests by route, never by the values in a path.

    The plugin's counters are in the registry of the process, not of an application: outside of
    tests a process has one application.
    """
    return PrometheusConfig(
        app_name=APP,
        prefix="gpt_image_http",
        group_path=True,
        exclude=PROBES,
        buckets=[*RESPONSE_SECONDS_BUCKETS],
    ).middleware


@route(
    "/metrics",
    http_method=GET_AND_HEAD,
    operation=Operation(
        name="get_metrics",
        tag="Health",
        responses={
            200: ApiResponse(
                description="The Prometheus text format.",
                content={"text/plain": {"schema": STRING}},
            )
        },
    ),
)
async def metrics(request: AnyRequest) -> Response[bytes]:
    """Counters and timings for Prometheus, as text."""
    numbers = container_of(request).metrics()  # the plugin's own route lacks those of jobs
    return Response(numbers.exposition(), media_type=numbers.media_type)
