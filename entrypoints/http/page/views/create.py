"""The view in which images are made."""

from entrypoints.http.page.view import Values, View
from entrypoints.http.request_context import AnyRequest, container_of


async def _values(request: AnyRequest) -> Values:
    settings = container_of(request).settings()
    return {"is_sketch": settings.provider_name == "sketch"}


VIEW = View(name="create", title="Create", values=_values)
