"""Which Host names and which web pages may call the server: the first of all checks."""

from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.config.host_names import HOST
from entrypoints.config.http_checks import ORIGIN
from entrypoints.config.settings import Settings
from entrypoints.http.error_responses import send_problem
from entrypoints.http.problem_documents import Problem
from entrypoints.http.security.link_state import link_of

ALWAYS_OPEN = ("/livez", "/readyz")
CHECKED = ("http", "websocket")
"""The types of ASGI scopes that are requests."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
OWS = b" \t"
"""Whitespace that RFC 9110 (5.5) allows around a header's value; httptools keeps it at the end."""
MAX_NAME_LENGTH = 260
"""Characters of a host or an origin that a response and the log repeat; a name in DNS has 253."""
CROSS_SITE = ("cross-site", "same-site")
"""How browsers mark requests from pages of other origins; only an Origin header names them."""

BAD_HOST = Problem(
    status=400,
    code="bad_host",
    message="The Host header is missing, repeated or invalid.",
    hint="Send one Host header: a name or an address, and optionally a port.",
)
HOST_NOT_ALLOWED = Problem(
    status=421,
    code="misdirected",
    message="The Host header does not name this server.",
    hint="Use the server's own name, or add this one to ALLOWED_HOSTS.",
)
ORIGIN_NOT_ALLOWED = Problem(
    status=403,
    code="foreign_page",
    message="Web pages of this origin may not call the server.",
    hint="Add the origin to CORS_ORIGIN if they should.",
)


class HostOriginMiddleware:
    """ASGI middleware: 400 and 421 for other Host names, 403 for other pages.

    A web page of another origin can neither read nor change nor embed anything: its Origin is
    refused, or its Sec-Fetch-Site where browsers send no Origin, as for an `<img>`. Only an image
    whose signed link the page has is shown to it, but cannot be read by its scripts. A Host name
    that an attacker points at this server (DNS rebinding) is refused, too.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = frozenset(map(_host_only, _names(settings)))
        self._origins = frozenset(origins(settings))
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in CHECKED:
            problem = self._problem(scope)
            if problem is not None:
                await send_problem(problem, scope, send)
                return
        await self._app(scope, receive, send)

    def refuses(self, scope: Scope) -> bool:
        """Whether the answer to this request is a refusal."""
        return self._problem(scope) is not None

    def _problem(self, scope: Scope) -> Problem | None:
        scope["headers"] = [(name, value.strip(OWS)) for name, value in scope["headers"]]
        headers = Headers(scope=scope)
        if scope["path"] in ALWAYS_OPEN:
            return None
        hosts = [host.lower() for host in headers.getlist("host")]
        host = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return BAD_HOST
        if host["name"] not in self._names and host["name"] != _own_address(scope):
            return _host_not_allowed(host["name"], self._settings)
        if self._origin_allowed(headers, hosts[0]):
            return None
        link = link_of(scope)
        if link is not None and _is_shown(headers):
            return link.problem
        return _origin_not_allowed(headers.getlist("origin"), self._settings)

    def _origin_allowed(self, headers: Headers, host: str) -> bool:
        if "*" in self._origins:
            return True
        sent = [origin.lower() for origin in headers.getlist("origin")]
        if not sent:
            return headers.get("sec-fetch-site") not in CROSS_SITE or _is_opened(headers)
        own = {f"http://{host}", f"https://{host}"}
        return len(sent) == 1 and sent[0] in self._origins | own


def _host_not_allowed(name: str, settings: Settings) -> Problem:
    """The problem with this valid name, and the setting that would add it to the others."""
    name = name[:MAX_NAME_LENGTH]
    names = ",".join((*settings.allowed_hosts, name))
    return replace(
        HOST_NOT_ALLOWED,
        message=f"The Host header names {name}, which is not a name of this server.",
        hint="Call the server by its own name, or let its operator add this one: "
        f"ALLOWED_HOSTS={name}. Several names are separated by commas; ports do not matter.",
        setting=f"ALLOWED_HOSTS={names}",
    )


def _origin_not_allowed(sent: list[str], settings: Settings) -> Problem:
    """The problem with a page; only some requests of browsers name its origin."""
    origin = sent[0][:MAX_NAME_LENGTH].lower() if len(sent) == 1 else ""
    if not ORIGIN.fullmatch(origin):
        return ORIGIN_NOT_ALLOWED
    listed = ",".join((*settings.cors_origin, origin))
    return replace(
        ORIGIN_NOT_ALLOWED,
        message=f"Web pages of {origin} may not call the server.",
        hint=f"If they should, its operator can add them: CORS_ORIGIN={origin}.",
        setting=f"CORS_ORIGIN={listed}",
    )


def _is_opened(headers: Headers) -> bool:
    """Whether a link is opened as a page, not embedded in one."""
    fetch = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return fetch == ("navigate", "document")


def _is_shown(headers: Headers) -> bool:
    """Whether a page shows an image that its scripts cannot read, such as in an `<img>`."""
    fetch = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return "origin" not in headers and fetch == ("no-cors", "image")


def origins(settings: Settings) -> set[str]:
    """The origins of pages that may call, as browsers write them; `*` for all."""
    listed = {origin.rstrip("/").lower() for origin in settings.cors_origin}
    if settings.public_url:
        public = urlsplit(settings.public_url.lower())
        listed.add(f"{public.scheme}://{public.netloc}")
    return listed


def _names(settings: Settings) -> set[str]:
    names = {*LOOPBACK_NAMES, *(name.lower() for name in settings.allowed_hosts)}
    if settings.public_url:
        names.add(urlsplit(settings.public_url.lower()).netloc)
    if settings.host not in ("0.0.0.0", "::", ""):  # noqa: S104 - not bound here, only compared
        host = settings.host.lower().strip("[]")
        names.add(f"[{host}]" if ":" in host else host)
    return names


def _host_only(netloc: str) -> str:
    """Without port and root dot: `[::1]:3000` is `[::1]`; an invalid name stays as it is."""
    found = HOST.fullmatch(netloc)
    return found["name"] if found else netloc


def _own_address(scope: Scope) -> str | None:
    """The IP address that the client connected to, which DNS rebinding cannot change."""
    try:
        address = ip_address((scope.get("server") or ("",))[0])
    except ValueError:
        return None
    return f"[{address}]" if address.version == 6 else str(address)
