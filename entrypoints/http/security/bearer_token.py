"""Authorization: the bearer token, if AUTH_TOKEN is set, a session of the page or a signed link."""

from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.config.settings import Settings
from entrypoints.http.error_responses import send_problem
from entrypoints.http.openai_api.error_envelope import is_openai_path
from entrypoints.http.problem_documents import Problem
from entrypoints.http.security.host_origin import ALWAYS_OPEN, CHECKED
from entrypoints.http.security.link_state import drop_link, link_of
from entrypoints.http.security.page_sessions import PageSessions

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

    A valid link does instead of the token; the link of a request with the token is ignored. So does
    a session of the page, with its CSRF token if the request changes something, and never for a
    WebSocket, which has no header for that. A request with a token is judged by the token alone.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, sessions: PageSessions | None = None
    ) -> None:
        self._app = app
        self._sessions = sessions
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
        if self._sessions is not None and not _credentials(scope) and scope["type"] == "http":
            session = self._sessions.session_of(scope)
            if session is not None:
                drop_link(scope)
                return self._sessions.csrf_problem(scope, session)
        link = link_of(scope)
        return NO_TOKEN if link is None else link.problem

    def _has_token(self, scope: Scope) -> bool:
        if self._token is None:
            return True
        values = _credentials(scope)
        scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
        matches = compare_digest(token.strip().encode("latin-1"), self._token)
        return matches and scheme.lower() == "bearer"


def _credentials(scope: Scope) -> list[str]:
    """What is in Authorization, or for OpenAI's clients in Azure's header."""
    headers = Headers(scope=scope)
    values = headers.getlist("authorization")
    if not values and is_openai_path(scope["path"]):
        values = [f"bearer {key}" for key in headers.getlist("api-key")]
    return values
