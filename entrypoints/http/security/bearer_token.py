"""Authorization: one bearer token, if AUTH_TOKEN is set."""

from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.config.settings import Settings
from entrypoints.http.problem_documents import Problem, send_problem
from entrypoints.http.security.host_origin import ALWAYS_OPEN

OPEN = (*ALWAYS_OPEN, "/health", "/openapi.json", "/docs")
"""Routes without secrets or costs; a browser sends no token when it opens a page."""
OPEN_FOLDER = "/docs/"

NO_TOKEN = Problem(
    status=401,
    code="unauthorized",
    message="The token is missing or wrong.",
    hint="Send Authorization: Bearer with the server's AUTH_TOKEN.",
    headers={"WWW-Authenticate": 'Bearer realm="mcp-server-gpt-image"'},
)


def needs_token(path: str) -> bool:
    """Whether the path requires the token."""
    return path not in OPEN and not path.startswith(OPEN_FOLDER)


class BearerTokenMiddleware:
    """ASGI middleware: 401 without the token, on every route that needs it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        token = settings.auth_token
        self._token = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and needs_token(scope["path"])
            and not self._has_token(Headers(scope=scope))
        ):
            await send_problem(NO_TOKEN, scope, send)
            return
        await self._app(scope, receive, send)

    def _has_token(self, headers: Headers) -> bool:
        if self._token is None:
            return True
        values = headers.getlist("authorization")
        scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
        matches = compare_digest(token.strip().encode("latin-1"), self._token)
        return matches and scheme.lower() == "bearer"
