"""What a transport tells the handlers about the requests that come over it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from entrypoints.bootstrap.preset_files import PresetUseCases
from entrypoints.config.settings import Settings
from entrypoints.mcp.app_clients import takes_apps
from entrypoints.mcp.client_roots import ClientRoots
from entrypoints.mcp.result_limit import result_limit
from entrypoints.mcp.tool_results import ImageData
from entrypoints.wire.caller import Caller
from entrypoints.wire.client_names import client_name
from entrypoints.wire.client_profiles import ClientProfile, profile_of

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

Context = ServerRequestContext[Any, Any]
OpenContainer = Callable[[], Awaitable["Container"]]
OpenPresets = Callable[[], Awaitable[PresetUseCases]]
CallerOf = Callable[[Context], Caller]
ImageDataOf = Callable[[Context], ImageData]
TakesQuestions = Callable[[Context], bool]
Observe = Callable[[Context, JobHandle | ImageServiceError], None]
"""Called with the job that serves a call, or with the error that the call fails with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportHooks:
    """The application, and what differs between transports.

    `open_presets` gives the use cases of presets, perhaps without opening the container.
    `caller_of` identifies the client of a request. `on_list` is called at every `tools/list`.
    `image_data_of` returns what a result has as the data of an image. `takes_questions`:
    whether the client of a call reads what the server asks before the result. `over_stdio`: whether
    the client is a host that started this process, and reads its output. `client_roots` is told of
    each call, whose client it asks; None for clients whose files are not read.
    """

    open_container: OpenContainer
    open_presets: OpenPresets
    settings: Settings
    caller_of: CallerOf
    observe: Observe
    on_list: Callable[[], None]
    image_data_of: ImageDataOf
    takes_questions: TakesQuestions
    over_stdio: bool
    client_roots: ClientRoots | None = None

    def profile(self, context: Context) -> ClientProfile:
        """The profile of the client, by the name that it reports, or by CLIENT_PROFILE."""
        return profile_of(_reported_name(context), self.settings.client_profile)

    def named_caller(self, context: Context) -> Caller:
        """The caller, by the name that its host reports, if it does."""
        caller = self.caller_of(context)
        return replace(caller, client=client_name(_reported_name(context)) or caller.client)

    def max_bytes(self, context: Context) -> int:
        """Bytes that the message with the result of this request may have."""
        return result_limit(self.settings, self.profile(context), over_stdio=self.over_stdio)

    def shows_apps(self, context: Context) -> bool:
        """Whether the client gets the viewer: by MCP_APPS, or because it says that it shows Apps.

        Result and content are the same either way.
        """
        if self.settings.mcp_apps != "auto":
            return self.settings.mcp_apps == "on"
        capabilities = context.session.client_capabilities
        return capabilities is not None and takes_apps(capabilities.extensions)


def _reported_name(context: Context) -> str:
    params = context.session.client_params
    return params.client_info.name if params is not None else ""
