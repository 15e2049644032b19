"""The web application: routes, what guards them, and what becomes of errors."""

from litestar import Litestar, Router
from litestar.datastructures import State
from starlette.types import ASGIApp

from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.web import health, jobs, metrics, painting
from entrypoints.web.access import Access
from entrypoints.web.documents import docs
from entrypoints.web.failures import HANDLERS
from entrypoints.web.frames import Frames
from entrypoints.web.gate.callers import Callers
from entrypoints.web.gate.cors import for_named_pages
from entrypoints.web.gate.doorkeeper import Doorkeeper
from entrypoints.web.gate.guards import looked_over
from entrypoints.web.gate.tokens import TokenGate
from entrypoints.web.gate.uploads import LARGEST_BODY, Uploads
from entrypoints.web.mcp_endpoint import mcp_route, mcp_server, session_manager
from entrypoints.web.pictures import routes as pictures

ROUTES = (
    *(health.health, health.livez, health.readyz, metrics.metrics),
    *(painting.stream, painting.images, jobs.job, jobs.events),
    *(pictures.listed, pictures.full, pictures.preview, pictures.thumb, pictures.deleted),
    *(docs.document, docs.page, docs.asset),
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
        self.litestar.state.docs = docs.Docs(self.litestar, settings)
        kept = guarded(self.litestar, settings)  # type: ignore[arg-type] # both are ASGI
        self.asgi: ASGIApp = Access(kept, container.lines(), container.metrics().refused)


def guarded(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application behind everybody who may turn a request away, outermost last."""
    inside = TokenGate(Uploads(app), settings)
    return Doorkeeper(for_named_pages(inside, settings), settings)
