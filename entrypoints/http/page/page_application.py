"""The page at `/` as an application of its own, so that it changes nothing for clients of the API.

Its routes are in no OpenAPI document, and are loaded at the first request for one of them.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.content_negotiation import names
from entrypoints.http.error_responses import note_problem, send_problem
from entrypoints.http.page.page_assets import PageAssets
from entrypoints.http.page.responses import TO_NOTICES, html_response, is_part, redirect
from entrypoints.http.problem_documents import Problem
from entrypoints.http.request_context import warmed_up
from entrypoints.http.routes import metrics
from entrypoints.http.security.bearer_token import NO_TOKEN
from entrypoints.http.security.body_limits import BodyLimitMiddleware
from entrypoints.http.security.page_sessions import PageSessions

SIGN_IN = "page/sign-in"
ASSETS = "/assets/"
HTML = "text/html"
MAX_FORM_BYTES = 1024 * 1024
"""Of a form, whose images and masks are IDs: a prompt may have 384,000 bytes as a form has it."""


def is_page(scope: Mapping[str, Any]) -> bool:
    """Whether the page answers the request: at `/` only to clients that name HTML."""
    path = scope["path"]
    if path == "/":
        return scope["method"] in ("GET", "HEAD") and _wants_html(scope)
    return bool(path == "/page" or path.startswith(("/page/", ASSETS)))


class PageApplication:
    """ASGI application: the page where `is_page` says so, and `others` for all other requests."""

    def __init__(
        self, others: ASGIApp, state: Mapping[str, object], sessions: PageSessions
    ) -> None:
        self._others = others
        self._state = state
        self._sessions = sessions
        self._loading: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_page(scope):
            await self._others(scope, receive, send)
            return
        problem = self._problem(scope)
        if problem is None:
            await (await self._loaded())(scope, receive, send)
        elif problem is NO_TOKEN and (_wants_html(scope) or is_part(scope)):
            await redirect(scope, _sign_in_path(scope))(scope, receive, send)
        elif is_part(scope):  # htmx would show JSON among the contents
            note_problem(scope, problem)
            body = await asyncio.to_thread(_notice, problem)
            response = html_response(body, status=problem.status, headers=TO_NOTICES)
            await response(scope, receive, send)
        else:
            await send_problem(problem, scope, send)

    def _problem(self, scope: Scope) -> Problem | None:
        """Only scripts, style sheets and the sign-in form are open to all."""
        sessions, path = self._sessions, scope["path"]
        if path.startswith(ASSETS) or path == f"/{SIGN_IN}":
            return None
        session = sessions.session_of(scope)
        if sessions.are_needed and session is None and not sessions.has_token(scope):
            return NO_TOKEN
        return sessions.csrf_problem(scope, session)

    async def _loaded(self) -> ASGIApp:
        """The routes; templates and Litestar's second application take a moment to load."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)

    def _load(self) -> ASGIApp:
        from entrypoints.http.page.page_routes import HANDLERS, ROUTES, view_route
        from entrypoints.http.page.view import PageContext
        from entrypoints.http.page.views import VIEWS

        context = PageContext(views=VIEWS, assets=PageAssets(), sessions=self._sessions)
        views = [route for view in VIEWS for route in (view_route(view), *view.parts)]
        app = Litestar(
            [*ROUTES, *views],
            guards=[_wait_for_warmup],
            state=State({**self._state, "page": context}),
            openapi_config=None,
            middleware=[metrics.request_metrics()],
            exception_handlers=HANDLERS,
            request_max_body_size=MAX_FORM_BYTES,
            logging_config=None,
        )
        return BodyLimitMiddleware(cast("ASGIApp", app), most=MAX_FORM_BYTES)


async def _wait_for_warmup(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    await warmed_up(connection).wait()


def _notice(problem: Problem) -> bytes:
    from entrypoints.http.page.templates import render

    return render("error_part.html", problem=problem)


def _sign_in_path(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    target = f"{scope['path'].lstrip('/')}{'?' if query else ''}{query}"
    return f"{SIGN_IN}?next={quote(target)}"


def _wants_html(scope: Mapping[str, Any]) -> bool:
    return names(", ".join(Headers(scope=scope).getlist("accept")), HTML)  # type: ignore[arg-type] # reads only the headers
