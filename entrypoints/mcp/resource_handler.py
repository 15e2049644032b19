"""Answers `resources/list`, `resources/templates/list` and `resources/read`."""

from collections.abc import Sequence

from mcp_types import (
    CompleteRequestParams,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    PromptReference,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from domain.errors import ImageServiceError, NotFound
from domain.untrusted_text import single_line
from entrypoints.jobs.image_references import naming_images
from entrypoints.mcp.app_clients import VIEWER_URI
from entrypoints.mcp.protocol_errors import MAX_URI, protocol_errors
from entrypoints.mcp.resource_list import image_resources
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import ResourceSpec, Values
from entrypoints.mcp.resources import RESOURCES, SCHEME
from entrypoints.mcp.transport_hooks import Context, TransportHooks
from entrypoints.wire.cursors import EVERYTHING, decode_cursor, encode_cursor

PAGE = 50
"""Images on a page of the list: about 30 kB."""


class ResourceHandler:
    """Knows the resources. Lists and reads open the container; the list of templates does not."""

    def __init__(self, hooks: TransportHooks) -> None:
        self._hooks = hooks
        self._fixed = [each for each in RESOURCES if not each.is_template]
        self._templates = [each for each in RESOURCES if each.is_template]

    async def list(
        self, context: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """A page of the caller's images, the newest first; the first page has the rest as well."""
        with protocol_errors():
            sent = params.cursor if params else None
            query = decode_cursor(sent) if sent else EVERYTHING
            request = await self._open(context)
            found = await request.container.list_images()(
                owner=request.caller.owner,
                limit=PAGE,
                cursor=query.cursor,
                matching=query.matching,
            )
        fixed = [] if query.cursor else [each.describe() for each in self._fixed]
        return ListResourcesResult(
            resources=[*fixed, *image_resources(found)],
            next_cursor=encode_cursor(found.next, query) if found.next else None,
        )

    async def list_templates(
        self, _: Context, __: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """Every kind of resource that has variables."""
        described = [each.describe_template() for each in self._templates]
        return ListResourceTemplatesResult(resource_templates=described)

    async def read(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """The contents of a resource; raise MCPError if there is none with this URI."""
        if params.uri == VIEWER_URI and self._hooks.settings.mcp_apps != "off":
            from entrypoints.mcp.apps.viewer import viewer_contents

            return ReadResourceResult(contents=[viewer_contents()])
        with protocol_errors(params.uri):
            resource, values = self._find(params.uri)
            try:
                request = await self._open(context)
                async with naming_images(request.container, request.caller.owner):
                    contents = await resource.read(request, values)
            except ImageServiceError as error:
                self._hooks.observe(context, error)
                raise
        return ReadResourceResult(contents=contents)

    async def complete(self, context: Context, params: CompleteRequestParams) -> Sequence[str]:
        """Values of a variable of a template; none for a variable that has no suggestions."""
        assert not isinstance(params.ref, PromptReference), "of another type"
        uri = params.ref.uri
        resource = next((each for each in RESOURCES if each.uri == uri), None)
        if resource is None:
            raise NotFound(
                f"No resource template is {single_line(uri, MAX_URI)!r}.", hint=self._known()
            )
        suggest = resource.suggest.get(params.argument.name)
        if suggest is None:
            return []
        given = (params.context.arguments if params.context else None) or {}
        return await suggest(await self._open(context), params.argument.value, given)

    def _find(self, uri: str) -> tuple[ResourceSpec, Values]:
        """The resource that a URI means; case and a slash at the end count for nothing."""
        normal = uri.strip().lower().removesuffix("/")
        if normal.startswith(SCHEME):
            for resource in (*self._fixed, *self._templates):
                values = resource.match(normal)
                if values is not None:
                    return resource, values
        raise NotFound(f"No resource is {single_line(uri, MAX_URI)!r}.", hint=self._known())

    def _known(self) -> str:
        return f"Known URIs: {', '.join(each.uri for each in RESOURCES)}."

    async def _open(self, context: Context) -> ResourceRequest:
        hooks = self._hooks
        return ResourceRequest(
            container=await hooks.open_container(),
            caller=hooks.caller_of(context),
            max_bytes=hooks.max_bytes(context),
            image_data=hooks.image_data_of(context),
        )
