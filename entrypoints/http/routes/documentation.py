"""The OpenAPI and AsyncAPI documents, and a page that shows the first."""

from typing import Annotated

from litestar import route
from litestar.params import PathParameter
from litestar.types import ASGIApp

from domain.errors import NotFound
from entrypoints.http.asgi_responses import BytesResponse, as_response
from entrypoints.http.images.conditional_responses import (
    CacheableBody,
    conditional_response,
    range_not_satisfiable,
)
from entrypoints.http.openapi.docs_page import Docs
from entrypoints.http.openapi.operation import ApiResponse, Operation, Refusal
from entrypoints.http.openapi.schema_parts import STRING
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, headers_of
from entrypoints.wire.json_schema import Schema

Folder = Annotated[str, PathParameter(description="A hash of the files.")]
Name = Annotated[str, PathParameter(description="A file of the page.")]


def _file(schema: Schema, *media_types: str, refusals: tuple[Refusal, ...] = ()) -> Operation:
    """A file that does not change while the server runs."""
    content = {media_type: {"schema": schema} for media_type in media_types}
    headers = {"ETag": "Strong.", "Cache-Control": "How long the file may be cached."}
    return Operation(
        tag="Documentation",
        responses={
            200: ApiResponse(description="The file.", content=content, headers=headers),
            206: ApiResponse(description="The requested range.", content=content, headers=headers),
            304: ApiResponse(
                description="The client has the file: see If-None-Match.", headers=headers
            ),
        },
        refusals=(range_not_satisfiable(0), *refusals),
    )


@route(
    "/openapi.json",
    http_method=GET_AND_HEAD,
    operation=_file({"type": "object"}, "application/json"),
)
async def get_openapi(request: AnyRequest) -> ASGIApp:
    """The OpenAPI document, as JSON."""
    return _respond(request, _docs(request).document)


@route(
    "/asyncapi.json",
    http_method=GET_AND_HEAD,
    operation=_file({"type": "object"}, "application/json"),
)
async def get_asyncapi(request: AnyRequest) -> ASGIApp:
    """The AsyncAPI document of the WebSockets, as JSON."""
    return _respond(request, _docs(request).messages)


@route("/docs", http_method=GET_AND_HEAD, operation=_file(STRING, "text/html"))
async def get_docs(request: AnyRequest) -> ASGIApp:
    """A page that displays this document and can send requests."""
    if request.scope["raw_path"].partition(b"?")[0].endswith(b"/"):
        return as_response(BytesResponse(308, {"location": "../docs"}))
    return _respond(request, _docs(request).page)


@route(
    "/docs/{folder:str}/{name:str}",
    http_method=GET_AND_HEAD,
    operation=_file(STRING, "text/javascript", "text/css", refusals=(NotFound,)),
)
async def get_docs_asset(request: AnyRequest, folder: Folder, name: Name) -> ASGIApp:
    """A script or a style sheet of that page."""
    docs = _docs(request)
    if folder != docs.folder or name not in docs.assets:
        raise NotFound("Not found.", hint="GET /docs links to all files.")
    return _respond(request, docs.assets[name])


def _docs(request: AnyRequest) -> Docs:
    docs: Docs = request.app.state.docs
    return docs


def _respond(request: AnyRequest, body: CacheableBody) -> ASGIApp:
    return as_response(conditional_response(body, request.method, headers_of(request)))
