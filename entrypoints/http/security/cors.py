"""Which web pages of other origins may read responses: those in CORS_ORIGIN."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from entrypoints.config.settings import Settings
from entrypoints.http.security.host_origin import origins

EXPOSED_HEADERS = [
    *("mcp-session-id", "x-job-id", "x-request-id"),
    *("x-image-id", "x-cache", "x-cost-usd", "x-notes", "x-should-retry", "preference-applied"),
    *("retry-after", "www-authenticate", "etag", "location", "link"),
]
"""Response headers that scripts of those pages may read."""


def with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application, readable for the pages of CORS_ORIGIN; never with cookies.

    HostOriginMiddleware has refused all other pages. The allowed ones may send any header, because
    MCP has headers whose names depend on the tool (`Mcp-Param-…`).
    """
    if not settings.cors_origin:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins(settings),
        allow_methods=["*"],
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=EXPOSED_HEADERS,
    )
