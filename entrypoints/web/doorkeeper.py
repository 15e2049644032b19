"""Who may come in by the web door: looked at before anything else is, on every route but two."""

from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.settings import Settings
from entrypoints.web.problem_documents import Problem, send_problem

ALWAYS_OPEN = ("/livez", "/readyz")
WITHOUT_TOKEN = (*ALWAYS_OPEN, "/health")
OURS = frozenset({"localhost", "127.0.0.1", "[::1]"})

MISDIRECTED = Problem(
    status=421,
    code="misdirected",
    message="This server is not known by that name.",
    hint="Call it by its own name, or add the name to ALLOWED_HOSTS.",
)
FOREIGN_PAGE = Problem(
    status=403,
    code="foreign_page",
    message="A web page of another origin may not call this server.",
    hint="Add the page's origin to CORS_ORIGIN if it should.",
)
NO_TOKEN = Problem(
    status=401,
    code="unauthorized",
    message="The token is missing or wrong.",
    hint="Send the server's AUTH_TOKEN as Authorization: Bearer ….",
    headers={"WWW-Authenticate": 'Bearer realm="mcp-server-gpt-image"'},
)
NOT_JSON = Problem(
    status=415,
    code="not_json",
    message="Only application/json is read here.",
    hint="Send JSON with Content-Type: application/json.",
)


class Doorkeeper:
    """ASGI middleware: 421 for other names, 403 for other pages, 401 without token, 415 for forms.

    A web page that a browser shows can neither read nor change anything: its Origin is refused,
    so is a name that was pointed at us (DNS rebinding), and every body that a form can send.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = frozenset(_names(settings))
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.cors_origin)
        token = settings.auth_token
        self._token = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            problem = self._objection(scope["method"], scope["path"], Headers(scope=scope))
            if problem is not None:
                await send_problem(problem, send, close=scope["method"] == "POST")
                return
        await self._app(scope, receive, send)

    def _objection(self, method: str, path: str, headers: Headers) -> Problem | None:
        if path in ALWAYS_OPEN:
            return None
        host = headers.get("host", "").lower()
        if _bare(host) not in self._names:
            return MISDIRECTED
        if not self._may_ask(headers.get("origin"), host):
            return FOREIGN_PAGE
        if method != "OPTIONS" and path not in WITHOUT_TOKEN and not self._knows_token(headers):
            return NO_TOKEN
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method == "POST" and media_type != "application/json":
            return NOT_JSON
        return None

    def _may_ask(self, origin: str | None, host: str) -> bool:
        if origin is None or "*" in self._origins:
            return True
        origin = origin.lower()
        return origin in self._origins or urlsplit(origin).netloc == host

    def _knows_token(self, headers: Headers) -> bool:
        if self._token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = compare_digest(given.strip().encode("latin-1", "replace"), self._token)
        return right and scheme.lower() == "bearer"


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach that address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _names(settings: Settings) -> set[str]:
    names = {*OURS, *(name.lower() for name in settings.allowed_hosts)}
    if settings.public_url:
        names.add(_bare(urlsplit(settings.public_url).netloc.lower()))
    if settings.host not in ("0.0.0.0", "::", ""):  # noqa: S104 - not bound here, only compared
        names.add(settings.host.lower() if ":" not in settings.host else f"[{settings.host}]")
    return names


def _bare(netloc: str) -> str:
    """Without the port: `[::1]:3000` is `[::1]`."""
    name, colon, port = netloc.rpartition(":")
    return name if colon and (port.isdigit() or not port) and not name.endswith(":") else netloc
