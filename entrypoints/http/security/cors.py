"""Which web pages of other origins may read what we answer: none, unless they were named."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from entrypoints.config.settings import Settings
from entrypoints.http.security.host_origin import origins

READABLE = [
    *("mcp-session-id", "x-job-id", "x-request-id"),
    *("retry-after", "www-authenticate", "etag", "location"),
]
"""Headers of answers that scripts of those pages may see."""


def with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application, readable for the pages of CORS_ORIGIN; never with cookies.

    The Doorkeeper has turned away all other pages. Those that were named may send any header:
    MCP has some whose names depend on the tool (`Mcp-Param-…`).
    """
    if not settings.cors_origin:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins(settings),
        allow_methods=["*"],
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=READABLE,
    )
