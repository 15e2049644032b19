"""The HTTP application: its routes, the middleware around them, and its error responses."""

import asyncio
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import cast

from litestar import Litestar, Router
from litestar.datastructures import State
from starlette.types import ASGIApp

from entrypoints.bootstrap.container import Container
from entrypoints.config.settings import Settings
from entrypoints.http.access_log import AccessLogMiddleware
from entrypoints.http.event_json import EventJson
from entrypoints.http.exception_handlers import HANDLERS
from entrypoints.http.known_paths import KnownPathsMiddleware
from entrypoints.http.openai_api import routes as openai_api
from entrypoints.http.openai_api import task_routes as openai_tasks
from entrypoints.http.openapi import docs_page
from entrypoints.http.page.page_application import PageApplication
from entrypoints.http.routes import (
    conversations,
    documentation,
    health,
    image_creation,
    jobs,
    masks,
    metrics,
    presets,
    reports,
    stored_images,
    uploads,
    web_sockets,
)
from entrypoints.http.routes.mcp_endpoint import mcp_route, mcp_server, session_manager
from entrypoints.http.security.bearer_token import BearerTokenMiddleware
from entrypoints.http.security.body_limits import MAX_BODY_BYTES, BodyLimitMiddleware
from entrypoints.http.security.caller_resolver import CallerResolver
from entrypoints.http.security.cors import with_cors
from entrypoints.http.security.host_origin import HostOriginMiddleware
from entrypoints.http.security.link_signer import LinkSigner
from entrypoints.http.security.page_sessions import PageSessions
from entrypoints.http.security.request_checks import check_request
from entrypoints.http.security.signed_links import SignedLinkMiddleware
from entrypoints.http.security.upload_limits import UploadLimitMiddleware
from entrypoints.http.websocket.mcp_session import McpSession
from entrypoints.http.websocket.middleware import OpenSession, WebSocketMiddleware, image_sessions
from entrypoints.http.websocket.opening_handshake import IMAGES_PATH, MCP_PATH

ROUTES = (
    *(health.health, health.livez, health.readyz, metrics.metrics),
    *(image_creation.stream_image, image_creation.create_image, jobs.get_job, jobs.follow_job),
    *(jobs.list_jobs, jobs.dismiss_job),
    *(
        conversations.list_conversations,
        conversations.get_conversation,
        conversations.clear_conversation,
    ),
    *(presets.list_presets, presets.get_preset, presets.list_styles),
    *(
        stored_images.list_images,
        stored_images.get_image,
        stored_images.get_preview,
        stored_images.get_thumbnail,
        stored_images.get_recipe,
        stored_images.delete_image,
        stored_images.restore_image,
    ),
    *(
        openai_api.generate_images,
        openai_api.edit_images,
        openai_api.generate_images_async,
        openai_api.edit_images_async,
        *openai_api.UNPREFIXED,
        openai_tasks.get_task,
        openai_tasks.get_task_unprefixed,
        openai_api.list_openai_models,
        openai_api.get_openai_model,
    ),
    *(uploads.upload_images, masks.save_mask, masks.get_mask),
    *(reports.list_models, reports.get_usage, reports.get_usage_breakdown),
    *(web_sockets.open_image_socket, web_sockets.open_mcp_socket),
    web_sockets.create_socket_links,
    *(documentation.get_openapi, documentation.get_asyncapi),
    *(documentation.get_docs, documentation.get_docs_asset),
)


NO_WEBSOCKETS: Mapping[str, OpenSession] = MappingProxyType({})


class HttpApplication:
    """The application as ASGI. `manager` must run while requests are served.

    Calls wait until `warmed_up` is set; without it, each builds the parts that it is the first to
    need.
    """

    def __init__(self, container: Container, warmed_up: asyncio.Event | None = None) -> None:
        if warmed_up is None:
            warmed_up = asyncio.Event()
            warmed_up.set()
        settings = container.settings()
        callers = CallerResolver(settings)
        signer = link_signer(container)
        server = mcp_server(container, callers, warmed_up, signer)
        self.manager = session_manager(server)
        shared = {
            "container": container,
            "callers": callers,
            "link_signer": signer,
            "event_json": EventJson(),
            "warmed_up": warmed_up,
        }
        self.litestar = Litestar(
            [Router("/", route_handlers=ROUTES, guards=[check_request]), mcp_route(self.manager)],
            state=State(shared),
            openapi_config=None,
            middleware=[metrics.request_metrics()],
            exception_handlers=HANDLERS,
            request_max_body_size=MAX_BODY_BYTES,
            logging_config=None,
        )
        self.litestar.state.docs = docs_page.Docs(self.litestar, settings)
        sessions: dict[str, OpenSession] = {
            IMAGES_PATH: image_sessions(container, callers, signer, warmed_up),
            MCP_PATH: partial(McpSession, server),
        }
        secured = with_security(self.litestar, settings, sessions, page=shared)
        if signer is not None:
            secured = SignedLinkMiddleware(secured, signer, owner=callers.owner)
        self.asgi: ASGIApp = AccessLogMiddleware(
            secured, container.log_writer(), container.metrics().refused
        )


def link_signer(container: Container) -> LinkSigner | None:
    """What signs and checks links; None if all links are plain URLs."""
    if not (settings := container.settings()).signs_links:
        return None
    clock = container.clock()
    return LinkSigner(
        container.secret_store().secret,
        lambda: clock.now().timestamp(),
        ttl=settings.link_ttl,
        log=container.log_writer(),
    )


def with_security(
    app: Litestar,
    settings: Settings,
    sessions: Mapping[str, OpenSession] = NO_WEBSOCKETS,
    *,
    page: Mapping[str, object] | None = None,
) -> ASGIApp:
    """The application behind the middleware that may refuse a request, outermost last.

    `sessions` serve the WebSockets, by path. `page` is the state of the page at `/`, if there is
    one.
    """
    asgi: ASGIApp = WebSocketMiddleware(cast("ASGIApp", app), sessions)
    limited = UploadLimitMiddleware(asgi, others=BodyLimitMiddleware(asgi))
    browsers = PageSessions(settings) if page is not None and settings.page == "on" else None
    authorized = BearerTokenMiddleware(limited, settings, browsers)
    public = with_cors(KnownPathsMiddleware(authorized, app), settings)
    if page is not None and browsers is not None:
        public = PageApplication(public, page, browsers)
    return HostOriginMiddleware(public, settings)
