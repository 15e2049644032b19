"""What a view of the page is, and what all of them show."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP
from entrypoints.http.page.page_assets import PageAssets
from entrypoints.http.page.responses import html, root_of
from entrypoints.http.page.templates import render
from entrypoints.http.request_context import AnyRequest
from entrypoints.http.security.page_sessions import PageSessions

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One entry of the navigation: `/page/{name}`, rendered from `templates/{name}.html`.

    `values` are those of the template. `json` is the path of the same data as JSON, without its
    first slash. `parts` are more handlers, whose paths begin with `/page/{name}/`.
    """

    name: str
    title: str
    values: Callable[[AnyRequest], Awaitable[Values]]
    json: str = ""
    parts: Sequence[HTTPRouteHandler] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """What all handlers of the page share."""

    views: Sequence[View]
    assets: PageAssets
    sessions: PageSessions


def context_of(request: AnyRequest) -> PageContext:
    """The context of the application's page."""
    context: PageContext = request.app.state.page
    return context


def show(
    request: AnyRequest,
    template: str,
    values: Values,
    *,
    status: int = 200,
    title: str = "",
    view: View | None = None,
    headers: Mapping[str, str] | None = None,
) -> ASGIApp:
    """A response with this template: a whole page if it extends `base.html`, or a part of one.

    Names of headers are in lower case, such as htmx's `hx-retarget`.
    """
    body = rendered(request, template, values, title=title, view=view)
    return html(body, status=status, headers=headers)


def rendered(
    request: AnyRequest,
    template: str,
    values: Values,
    *,
    title: str = "",
    view: View | None = None,
) -> bytes:
    """The template with these values, and with `page` and `view`, which `base.html` needs."""
    context = context_of(request)
    session = context.sessions.session_of(request.scope)
    page: dict[str, Any] = {
        "root": root_of(request.scope),
        "path": request.scope["path"].lstrip("/"),
        "views": context.views,
        "title": title,
        "app": APP,
        "version": version(),
        "script": context.assets.url("page.js").lstrip("/"),
        "style": context.assets.url("page.css").lstrip("/"),
        "csrf_token": context.sessions.csrf_token(session),
        "is_signed_in": session is not None,
        "shows_views": session is not None or not context.sessions.are_needed,
    }
    return render(template, **{"view": view, "page": page, **values})
