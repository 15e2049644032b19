"""Builds the container's image providers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from application.ports.image_provider import ImageProvider
from application.provider_registry import ProviderRegistry
from application.safeguards.retry import RetryLoop
from entrypoints.bootstrap.plugin_kinds import PROVIDERS
from entrypoints.bootstrap.plugins import Plugins
from entrypoints.bootstrap.unavailable_provider import UnavailableProvider
from entrypoints.config.compatible_settings import CompatibleServer
from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError


def image_providers(
    settings: Settings,
    exit_stack: AsyncExitStack,
    only: ImageProvider | None = None,
    plugins: Plugins | None = None,
) -> Sequence[ImageProvider]:
    """All image providers that the settings set up, without safeguards; the first one first.

    The first one serves requests that name no model. `Settings.provider_names` has their order.
    Those of plugins come last, unless PROVIDER names one. `only` is used in place of all of them.
    """
    if only is not None:
        return [only]
    ours = [
        provider
        for name in settings.provider_names
        if name in VENDORS
        for provider in VENDORS[name](settings, exit_stack)
    ]
    if plugins is None or settings.provider_name == "sketch":  # sketches come alone
        return ours
    taken = {provider.name for provider in ours}
    others = [each for each in plugins.all(PROVIDERS) if each.name not in taken]
    if settings.provider_name in VENDORS:
        return [*ours, *others]
    first = _plugin(settings, plugins)
    return [first, *ours, *(each for each in others if each is not first)]


def _plugin(settings: Settings, plugins: Plugins) -> ImageProvider:
    """The plugin that PROVIDER names; if it was left out, a provider that says so."""
    name = settings.provider_name
    plugin = plugins.named(PROVIDERS, name)
    if plugin is not None:
        return plugin
    reason = plugins.fault(PROVIDERS, name)
    return UnavailableProvider(name, reason, model=settings.image_model)


def _sketch(_: Settings, __: AsyncExitStack) -> Sequence[ImageProvider]:
    from adapters.sketch.provider import SketchProvider

    return [SketchProvider()]


def _openai(settings: Settings, exit_stack: AsyncExitStack) -> Sequence[ImageProvider]:
    """Both APIs over one connection: that of API_MODE first, the other by its name only."""
    from adapters.openai.deferred_types import defer_types

    defer_types()
    from adapters.openai.connection import Connection
    from adapters.openai.provider import OpenAIImages
    from adapters.openai.responses.provider import OpenAIResponses

    key = settings.openai_api_key
    connection = Connection(
        api_key=key.get_secret_value() if key else None,
        base_url=settings.openai_base_url,
        timeout=settings.provider_timeout,
        deadline=settings.call_deadline,
        organization=settings.openai_org_id,
        project=settings.openai_project_id,
    )
    exit_stack.push_async_callback(connection.close)
    in_responses = settings.api_mode == "responses"
    images = OpenAIImages(
        connection,
        default_model=settings.image_model,
        models_file=settings.models_file,
        listed=not in_responses,
    )
    responses = OpenAIResponses(
        connection,
        mainline=settings.responses_model,
        store=settings.responses_store,
        background=settings.in_background,
        default_model=settings.image_model,
        models_file=settings.models_file,
        listed=in_responses,
    )
    return [responses, images] if in_responses else [images, responses]


def _azure(settings: Settings, exit_stack: AsyncExitStack) -> Sequence[ImageProvider]:
    from adapters.openai.deferred_types import defer_types

    defer_types()
    from adapters.openai.vendors.azure import AzureImages, azure_connection
    from adapters.openai.vendors.token_command import TokenCommand

    key, command = settings.azure_openai_api_key, settings.azure_openai_token_command
    connection = azure_connection(
        resource=settings.azure_openai_endpoint or "",
        api_key=key.get_secret_value() if key else None,
        api_version=settings.azure_openai_api_version,
        timeout=settings.provider_timeout,
        deadline=settings.call_deadline,
        token=TokenCommand(command) if command else None,
    )
    exit_stack.push_async_callback(connection.close)
    return [
        AzureImages(
            connection,
            deployments=settings.deployments,
            default_model=settings.image_model,
            models_file=settings.models_file,
        )
    ]


def _compatible(settings: Settings, exit_stack: AsyncExitStack) -> Sequence[ImageProvider]:
    return [_server(each, settings, exit_stack) for each in settings.compatible_servers]


def _server(
    server: CompatibleServer, settings: Settings, exit_stack: AsyncExitStack
) -> ImageProvider:
    from adapters.openai.deferred_types import defer_types

    defer_types()
    from adapters.openai.vendors.compatible import CompatibleImages, compatible_connection

    connection = compatible_connection(
        base_url=server.url,
        api_key=server.key,
        timeout=settings.provider_timeout,
        deadline=settings.call_deadline,
    )
    exit_stack.push_async_callback(connection.close)
    return CompatibleImages(
        connection, name=server.name, model=server.model, models_file=settings.models_file
    )


def _gemini(settings: Settings, exit_stack: AsyncExitStack) -> Sequence[ImageProvider]:
    """Google's Interactions API. The SDK is loaded by the first call."""
    from adapters.gemini.gemini_connection import GeminiConnection
    from adapters.gemini.provider import GeminiImages, StoredGeminiImages

    key = settings.gemini_api_key
    connection = GeminiConnection(
        api_key=key.get_secret_value() if key else None,
        base_url=settings.gemini_base_url,
        timeout=settings.provider_timeout,
        deadline=settings.call_deadline,
    )
    exit_stack.push_async_callback(connection.close)
    kind = StoredGeminiImages if settings.gemini_store else GeminiImages
    is_first = settings.provider_name == "gemini"
    return [kind(connection, default_model=settings.image_model if is_first else None)]


VENDORS: Mapping[str, Callable[[Settings, AsyncExitStack], Sequence[ImageProvider]]] = {
    "openai": _openai,
    "azure": _azure,
    "compatible": _compatible,
    "gemini": _gemini,
    "sketch": _sketch,
}
"""What builds the providers for each name in `Settings.provider_names`."""


def provider_registry(
    providers: Sequence[ImageProvider],
    guard: Callable[[ImageProvider], ImageProvider],
    plugins: Plugins,
) -> ProviderRegistry:
    """All providers, each with safeguards of its own: its circuit breaker and its slots."""
    return ProviderRegistry(*(plugins.around(guard(each)) for each in providers))


def all_secrets(settings: Settings, plugins: Plugins) -> Sequence[str]:
    """What no output may contain: the secrets of settings, and of the variables of plugins."""
    return [*settings.secrets, *plugins.secrets]


def check_network(settings: Settings) -> None:
    """Raise SettingsError if the environment's proxy or certificates cannot be used."""
    endpoints = {
        "openai": [settings.openai_base_url],
        "azure": [settings.azure_openai_endpoint or ""],
        "compatible": [server.url for server in settings.compatible_servers],
    }
    urls = [url for name in settings.provider_names for url in endpoints.get(name, [])]
    if not urls:
        return
    from adapters.openai.network.proxies import network_for
    from domain.provider_errors import InvalidSettings

    try:
        for url in urls:
            network_for(url)
    except InvalidSettings as error:
        raise SettingsError(f"{error.message} {error.hint}") from None


def check_models_file(settings: Settings) -> None:
    """Raise SettingsError if MODELS_FILE cannot be used."""
    if settings.models_file is None or settings.provider_name == "sketch":
        return
    from adapters.openai.models_file import models_table
    from domain.provider_errors import InvalidSettings

    try:
        models_table(settings.models_file)
    except InvalidSettings as error:
        raise SettingsError(f"{error.message} {error.hint}") from None


def retry_loop() -> RetryLoop:
    """At most three attempts within 30 seconds, for the errors that the Retry safeguard allows."""
    return _loop(attempts=3, timeout=30.0, wait_initial=0.2, wait_max=2.0)


def resume_loop(settings: Settings) -> RetryLoop:
    """Attempts to read the outcome of accepted work, as long as a call may take."""
    return _loop(attempts=None, timeout=settings.call_deadline, wait_initial=1.0, wait_max=30.0)


def _loop(
    *, attempts: int | None, timeout: float, wait_initial: float, wait_max: float
) -> RetryLoop:
    from functools import partial

    from stamina import retry_context
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # its own hook prints to standard output, which belongs to MCP
    return partial(
        retry_context,
        attempts=attempts,
        timeout=timeout,
        wait_initial=wait_initial,
        wait_max=wait_max,
    )
