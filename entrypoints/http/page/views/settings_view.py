"""The view of the settings in force and where each came from."""

from dataclasses import asdict

from litestar import get
from litestar.types import ASGIApp

from entrypoints.config.settings_in_force import settings_in_force
from entrypoints.http.page.responses import json_document
from entrypoints.http.page.view import Values, View
from entrypoints.http.request_context import AnyRequest, container_of
from entrypoints.wire.outputs import to_json


async def _values(request: AnyRequest) -> Values:
    settings = container_of(request).settings()
    found = [*settings_in_force(settings)]
    return {
        "given": [each for each in found if not each.is_default],
        "defaults": [each for each in found if each.is_default],
        "notes": settings.notes,
    }


@get("/page/settings/json")
async def settings_json(request: AnyRequest) -> ASGIApp:
    """The same as JSON."""
    found = settings_in_force(container_of(request).settings())
    return json_document(to_json({"settings": [asdict(each) for each in found]}))


VIEW = View(
    name="settings",
    title="Settings",
    values=_values,
    json="page/settings/json",
    parts=(settings_json,),
)
