"""Sessions of the page at `/`: a cookie in place of the token, for browsers only."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from secrets import token_bytes, token_hex
from time import time
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from entrypoints.config.settings import Settings
from entrypoints.http.problem_documents import Problem

PURPOSE = b"mcp-server-gpt-image: sessions of the page, version 1"
"""The key of sessions is made of the token and this text, so it signs nothing else."""
LIFETIME = 12 * 3600
"""Seconds from signing in until the cookie is worth nothing, on the server as well."""
COST = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt, once for a process: who steals a cookie cannot try short tokens quickly."""
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({None, "same-origin", "none"})
"""Values of Sec-Fetch-Site of requests that this server's own pages, or people, cause."""
VALUE = re.compile(r"(?P<end>[1-9]\d{9})\.(?P<id>[0-9a-f]{32})\.(?P<signature>[0-9a-f]{64})")

NO_CSRF_TOKEN = Problem(
    status=403,
    code="csrf_token_missing",
    message="The request has a session's cookie, but not the session's CSRF token.",
    hint="Reload the page. Programs send Authorization: Bearer with the token, and no cookie.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that has signed in; `end` is in seconds since 1970."""

    id: str
    end: int


class PageSessions:
    """Signs and checks the cookies of sessions. `now` is the time in seconds since 1970.

    Sessions are not stored: any process with the same AUTH_TOKEN accepts a cookie, also after a
    restart, and another AUTH_TOKEN ends all of them. A process remembers which ones signed out.
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time) -> None:
        token = settings.auth_token
        self._token = token.get_secret_value().encode() if token else None
        public = urlsplit((settings.public_url or "").lower())
        self._public_url_is_secure = public.scheme == "https"
        self._public_origin = f"{public.scheme}://{public.netloc}"
        self._now = now
        self._ended: dict[str, int] = {}

    @property
    def are_needed(self) -> bool:
        """Whether the page asks for the token."""
        return self._token is not None

    @cached_property
    def _key(self) -> bytes:
        if self._token is None:  # only CSRF tokens of this process
            return token_bytes(32)
        return hashlib.scrypt(self._token, salt=PURPOSE, **COST)

    def is_token(self, text: str) -> bool:
        """Whether the text is AUTH_TOKEN."""
        given = text.strip().encode("utf-8", "replace")
        return self._token is not None and hmac.compare_digest(given, self._token)

    def has_token(self, scope: Mapping[str, Any]) -> bool:
        """Whether a program sends AUTH_TOKEN itself with this ASGI scope's request."""
        sent = Headers(scope=scope).getlist("authorization")  # type: ignore[arg-type] # as below
        scheme, _, token = (sent[0] if len(sent) == 1 else "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(token)

    def sign_in(self, scope: Mapping[str, Any]) -> str:
        """The Set-Cookie header of a new session."""
        end, id_ = int(self._now()) + LIFETIME, token_hex(16)
        value = f"{end}.{id_}.{self._sign(f'session {end} {id_}')}"
        return self._cookie(scope, value, LIFETIME)

    def sign_out(self, scope: Mapping[str, Any]) -> str:
        """The Set-Cookie header that removes the cookie; its value is refused from now on."""
        session = self.session_of(scope)
        if session is not None:
            now = self._now()
            self._ended = {id_: end for id_, end in self._ended.items() if end > now}
            self._ended[session.id] = session.end
        return self._cookie(scope, "", 0)

    def session_of(self, scope: Mapping[str, Any]) -> Session | None:
        """The session of this ASGI scope's request; None also for one of another site's page."""
        headers = Headers(scope=scope)  # type: ignore[arg-type] # reads only the headers
        if self._token is None or not self._is_own(headers):
            return None
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        found = VALUE.fullmatch(cookies.get(_name(headers), ""))
        if found is None or int(found["end"]) <= self._now() or found["id"] in self._ended:
            return None
        expected = self._sign(f"session {found['end']} {found['id']}")
        if not hmac.compare_digest(found["signature"], expected):
            return None
        return Session(id=found["id"], end=int(found["end"]))

    def csrf_token(self, session: Session | None) -> str:
        """What the session's requests that change something have in CSRF_HEADER."""
        return self._sign(f"csrf {session.id if session else ''}")

    def csrf_problem(self, scope: Mapping[str, Any], session: Session | None) -> Problem | None:
        """The problem with a request that changes something and lacks the CSRF token."""
        if scope.get("method") in SAFE_METHODS:
            return None
        sent = Headers(scope=scope).getlist(CSRF_HEADER)  # type: ignore[arg-type] # as above
        given = sent[0].encode("latin-1") if len(sent) == 1 else b""
        is_right = hmac.compare_digest(given, self.csrf_token(session).encode())
        return None if is_right else NO_CSRF_TOKEN

    def _is_own(self, headers: Headers) -> bool:
        """Whether the server's own page sent the request, or a person opened an address.

        Its origin is that of PUBLIC_URL where a proxy changes Host, as nginx does without the port.
        Other origins of CORS_ORIGIN may call the API with the token, but never with a session.
        """
        host, origins = headers.get("host", "").lower(), headers.getlist("origin")
        own = (f"http://{host}", f"https://{host}", self._public_origin)
        is_own_origin = all(origin.lower() in own for origin in origins)
        return is_own_origin and headers.get("sec-fetch-site") in OWN_SITES

    def _sign(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()

    def _cookie(self, scope: Mapping[str, Any], value: str, seconds: int) -> str:
        headers = Headers(scope=scope)  # type: ignore[arg-type] # as above
        origin = headers.get("origin", "").lower()  # that of the browser, whatever proxies do
        is_secure = self._public_url_is_secure or "https" in (scope["scheme"], origin[:5])
        secure = "; Secure" if is_secure else ""
        options = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        return f"{_name(headers)}={value}; {options}"


def _name(headers: Headers) -> str:
    """The cookie's name: browsers send the cookies of a host to all of its ports."""
    port = headers.get("host", "").rpartition(":")[2]
    return f"gpt_image_session_{port}" if port.isdecimal() else "gpt_image_session"
