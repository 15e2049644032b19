"""Authorization: one bearer token, if AUTH_TOKEN is set, or a signed link."""

from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.config.settings import Settings
from entrypoints.http.error_responses import send_problem
from entrypoints.http.openai_api.error_envelope import is_openai_path
from entrypoints.http.problem_documents import Problem
from entrypoints.http.security.host_origin import ALWAYS_OPEN, CHECKED
from entrypoints.http.security.link_state import drop_link, link_of

OPEN = (*ALWAYS_OPEN, "/health", "/openapi.json", "/asyncapi.json", "/docs")
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
    """ASGI middleware: 401 without the token, on every route that needs it.

    A valid link does instead of the token; the link of a request with the token is ignored.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        token = settings.auth_token
        self._token = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(scope) if scope["type"] in CHECKED else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await send_problem(problem, scope, send)

    def _problem(self, scope: Scope) -> Problem | None:
        if not needs_token(scope["path"]):
            return None
        if self._has_token(scope):
            drop_link(scope)
            return None
        link = link_of(scope)
        return NO_TOKEN if link is None else link.problem

    def _has_token(self, scope: Scope) -> bool:
        """Whether the token is in Authorization, or for OpenAI's clients in Azure's header."""
        if self._token is None:
            return True
        headers = Headers(scope=scope)
        values = headers.getlist("authorization")
        if not values and is_openai_path(scope["path"]):
            values = [f"bearer {key}" for key in headers.getlist("api-key")]
        scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
        matches = compare_digest(token.strip().encode("latin-1"), self._token)
        return matches and scheme.lower() == "bearer"
