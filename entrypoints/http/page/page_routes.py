"""The routes of the page that belong to no single view, and its error pages."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qs

from litestar import Response, post, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp

from domain.errors import ImageServiceError, NotFound
from entrypoints.http.access_log import note_outcome
from entrypoints.http.asgi_responses import as_response
from entrypoints.http.error_responses import note_problem
from entrypoints.http.exception_handlers import OTHER_METHOD
from entrypoints.http.images.conditional_responses import conditional_response
from entrypoints.http.page.responses import HEADERS as HTML_HEADERS
from entrypoints.http.page.responses import TO_NOTICES, is_part, redirect
from entrypoints.http.page.view import View, context_of, rendered, show
from entrypoints.http.problem_documents import Problem, RequestRejected, problem_of
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, body_of, headers_of
from entrypoints.http.security.host_origin import CROSS_SITE
from entrypoints.wire.incidents import log_incident

NO_PAGE = NotFound("This page does not exist.", hint="Choose another one above.")
MAX_SIGN_IN_BYTES = 16 * 1024
"""Of the form for the token, and of the address that it leads back to."""
Next = Annotated[str, QueryParameter(name="next", description="Where to go after signing in.")]
Part = Annotated[str, PathParameter(description="A part of the path.")]


@route("/", http_method=GET_AND_HEAD)
async def show_start(request: AnyRequest) -> ASGIApp:
    """The first view."""
    return await _show_view(request, context_of(request).views[0])


@route("/page", http_method=GET_AND_HEAD)
async def show_root(request: AnyRequest) -> ASGIApp:
    """A redirect to `/`."""
    return as_response(redirect(request.scope, ""))


def view_route(view: View) -> HTTPRouteHandler:
    """The route of a view, a path of its own: Litestar tries no pattern after such a path."""

    async def show_view(request: AnyRequest) -> ASGIApp:
        return await _show_view(request, view)

    return route(f"/page/{view.name}", http_method=GET_AND_HEAD)(show_view)


@route("/page/sign-in", http_method=GET_AND_HEAD)
async def show_sign_in(request: AnyRequest, target: Next = "") -> ASGIApp:
    """The form for the token; who has signed in goes on."""
    sessions = context_of(request).sessions
    if not sessions.are_needed or sessions.session_of(request.scope):
        return as_response(redirect(request.scope, _safe(target)))
    # SameSite=Strict keeps the cookie from a link of another site; the form then asks again itself
    is_link = request.headers.get("sec-fetch-site") in CROSS_SITE
    values = {"target": target, "is_wrong": False, "is_link": is_link}
    return show(request, "sign_in.html", values, title="Sign in")


@post("/page/sign-in", status_code=200)
async def sign_in(request: AnyRequest) -> ASGIApp:
    """Exchange AUTH_TOKEN for a session."""
    fields = _sign_in_fields(await body_of(request))
    token, target = (fields.get(name, [""])[0] for name in ("token", "next"))
    sessions = context_of(request).sessions
    if not sessions.is_token(token):
        values = {"target": target, "is_wrong": True, "is_link": False}
        return show(request, "sign_in.html", values, status=403, title="Sign in")
    cookie = {"set-cookie": sessions.sign_in(request.scope)}
    return as_response(redirect(request.scope, _safe(target), cookie))


@post("/page/sign-out", status_code=200)
async def sign_out(request: AnyRequest) -> ASGIApp:
    """End the session."""
    cookie = {"set-cookie": context_of(request).sessions.sign_out(request.scope)}
    return as_response(redirect(request.scope, "page/sign-in", cookie))


@route("/assets/{folder:str}/{name:str}", http_method=GET_AND_HEAD)
async def get_asset(request: AnyRequest, folder: Part, name: Part) -> ASGIApp:
    """A script or a style sheet."""
    assets = context_of(request).assets
    if folder != assets.folder or name not in assets.files:
        raise NO_PAGE
    file = assets.files[name]
    return as_response(conditional_response(file, request.method, headers_of(request)))


async def _show_view(request: AnyRequest, view: View) -> ASGIApp:
    values = await view.values(request)
    return show(request, f"{view.name}.html", values, title=view.title, view=view)


def _sign_in_fields(body: bytes) -> dict[str, list[str]]:
    """The fields of the form; none if it is another one, which anyone may send."""
    if len(body) > MAX_SIGN_IN_BYTES:
        return {}
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return {}


def _safe(target: str) -> str:
    """The path of a view, without its first slash; empty for anything else."""
    path = target.lstrip("/")
    is_view = path.startswith("page/") and path.isascii() and path.isprintable()
    return path if is_view and "//" not in path and ".." not in path else ""


def _error(request: AnyRequest, problem: Problem) -> Response[bytes]:
    """The error as a page, or as a part of one for htmx."""
    note_problem(request.scope, problem)  # type: ignore[arg-type] # Litestar's name for a scope
    template = "error_part.html" if is_part(request.scope) else "error.html"
    body = rendered(request, template, {"problem": problem}, title="Error")
    headers = {name: text for name, text in HTML_HEADERS.items() if name != "content-type"}
    more = {name.lower(): value for name, value in problem.headers.items()}
    if is_part(request.scope):
        more |= TO_NOTICES
    return Response(
        body, status_code=problem.status, media_type="text/html", headers={**headers, **more}
    )


def _image_service_error(request: AnyRequest, error: ImageServiceError) -> Response[bytes]:
    note_outcome(request.scope, error)
    return _error(request, problem_of(error))


def _rejected(request: AnyRequest, rejected: RequestRejected) -> Response[bytes]:
    return _error(request, rejected.problem)


def _http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _incident(request, error)
    if error.status_code == 405:
        return _error(request, OTHER_METHOD)
    return _error(request, replace(problem_of(NO_PAGE), status=error.status_code))


def _incident(request: AnyRequest, error: Exception) -> Response[bytes]:
    return _error(request, problem_of(log_incident(error)))


HANDLERS: dict[int | type[Exception], Any] = {
    ImageServiceError: _image_service_error,
    RequestRejected: _rejected,
    HTTPException: _http_exception,
    Exception: _incident,
}
"""Every error becomes a page that says what to do."""

ROUTES = (show_start, show_root, show_sign_in, sign_in, sign_out, get_asset)
