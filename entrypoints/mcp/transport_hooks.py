"""What a transport tells the handlers about the requests that come over it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from entrypoints.config.settings import Settings
from entrypoints.mcp.result_limit import result_limit
from entrypoints.mcp.tool_results import ImageData
from entrypoints.wire.caller import Caller

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

Context = ServerRequestContext[Any, Any]
OpenContainer = Callable[[], Awaitable["Container"]]
CallerOf = Callable[[Context], Caller]
ImageDataOf = Callable[[Context], ImageData]
Observe = Callable[[Context, JobHandle | ImageServiceError], None]
"""Called with the job that serves a call, or with the error that the call fails with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportHooks:
    """The application, and what differs between transports.

    `caller_of` identifies the client of a request. `on_list` is called at every `tools/list`.
    `image_data_of` returns what a result has as the data of an image. `large_results` are bytes
    that clients take, by their names.
    """

    open_container: OpenContainer
    settings: Settings
    caller_of: CallerOf
    observe: Observe
    on_list: Callable[[], None]
    image_data_of: ImageDataOf
    large_results: Mapping[str, int]

    def client_name(self, context: Context) -> str:
        """The name that the client reports; empty if it reports none."""
        params = context.session.client_params
        return params.client_info.name if params is not None else ""

    def max_bytes(self, context: Context) -> int:
        """Bytes that the message with the result of this request may have."""
        return result_limit(self.settings, self.client_name(context), self.large_results)
