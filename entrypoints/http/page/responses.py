"""Responses of the page at `/`, which load nothing from another host."""

from collections.abc import Mapping
from typing import Any

from litestar.types import ASGIApp

from entrypoints.http.asgi_responses import BytesResponse, as_response

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, no other host, no frame around the page."""
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # no-referrer would make browsers send `Origin: null` with forms, which is refused
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "vary": "Accept, Cookie",
}

TO_NOTICES = {"hx-retarget": "#notices", "hx-reswap": "innerHTML"}
"""Headers by which htmx puts an answer among the page's notices, whatever it was asked for."""


def html_response(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> BytesResponse:
    """A page or a part of one; names of headers are in lower case."""
    length = {"content-length": str(len(body))}
    return BytesResponse(status, {**HEADERS, **length, **(headers or {})}, body)


def html(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> ASGIApp:
    """The same for a handler."""
    return as_response(html_response(body, status=status, headers=headers))


def json_document(body: bytes) -> ASGIApp:
    """The data of a view as JSON."""
    return html(body, headers={"content-type": "application/json"})


def redirect(
    scope: Mapping[str, Any], path: str, headers: Mapping[str, str] | None = None
) -> BytesResponse:
    """303 to a path of this server, without its first slash.

    htmx would follow a 303 itself and put the whole page where a part belongs, so it gets a header.
    """
    if is_part(scope):
        return html_response(b"", headers={"hx-redirect": path or ".", **(headers or {})})
    location = f"{root_of(scope)}{path}"
    return html_response(b"", status=303, headers={"location": location, **(headers or {})})


def is_part(scope: Mapping[str, Any]) -> bool:
    """Whether htmx wants a part of a page, and not a whole one."""
    return any(name == b"hx-request" for name, _ in scope["headers"])


def root_of(scope: Mapping[str, Any]) -> str:
    """The root of the server relative to the request's path, which a proxy may have shortened."""
    return "../" * (scope["path"].count("/") - 1) or "./"
