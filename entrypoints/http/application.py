"""The web application: routes, what guards them, and what becomes of errors."""

from litestar import Litestar, Router
from litestar.datastructures import State
from starlette.types import ASGIApp

from entrypoints.bootstrap.container import Container
from entrypoints.config.settings import Settings
from entrypoints.http.access_log import Access
from entrypoints.http.exception_handlers import HANDLERS
from entrypoints.http.openapi import docs_page
from entrypoints.http.routes import generation, health, images, jobs, metrics
from entrypoints.http.routes.mcp import mcp_route, mcp_server, session_manager
from entrypoints.http.security.bearer_token import TokenGate
from entrypoints.http.security.body_limits import LARGEST_BODY, Uploads
from entrypoints.http.security.caller_resolver import Callers
from entrypoints.http.security.cors import for_named_pages
from entrypoints.http.security.host_origin import Doorkeeper
from entrypoints.http.security.request_checks import looked_over
from entrypoints.http.sse_events import Frames

ROUTES = (
    *(health.health, health.livez, health.readyz, metrics.metrics),
    *(generation.stream, generation.images, jobs.job, jobs.events),
    *(images.listed, images.full, images.preview, images.thumb, images.deleted),
    *(docs_page.document, docs_page.page, docs_page.asset),
)


class WebDoor:
    """The application as ASGI. `manager` runs for as long as requests are served."""

    def __init__(self, container: Container) -> None:
        settings = container.settings()
        callers = Callers(settings)
        self.manager = session_manager(mcp_server(container, callers))
        self.litestar = Litestar(
            [Router("/", route_handlers=ROUTES, guards=[looked_over]), mcp_route(self.manager)],
            state=State({"container": container, "callers": callers, "frames": Frames()}),
            openapi_config=None,
            middleware=[metrics.counting()],
            exception_handlers=HANDLERS,
            request_max_body_size=LARGEST_BODY,
            logging_config=None,
        )
        self.litestar.state.docs = docs_page.Docs(self.litestar, settings)
        kept = guarded(self.litestar, settings)  # type: ignore[arg-type] # both are ASGI
        self.asgi: ASGIApp = Access(kept, container.lines(), container.metrics().refused)


def guarded(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application behind everybody who may turn a request away, outermost last."""
    inside = TokenGate(Uploads(app), settings)
    return Doorkeeper(for_named_pages(inside, settings), settings)
