"""Names that the application knows, for a shell that completes a line."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from entrypoints.bootstrap.import_gc import collector_paused

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container

Kind = Literal["images", "trash", "jobs"]
"""What an ID belongs to."""
Defined = Literal["preset", "style"]
"""What has a name in PRESETS_DIR."""
SUGGESTED = 50


def model_names() -> Sequence[str]:
    """The names of the models in the catalog; none if they cannot be read."""

    async def names(container: "Container") -> Sequence[str]:
        return [each.name for each in container.list_models()().catalog.models]

    return _asked(names, auto_provider="openai")


def defined_names(kind: Defined) -> Sequence[str]:
    """The names of the presets or of the styles; none if they cannot be read."""

    async def names(container: "Container") -> Sequence[str]:
        if kind == "preset":
            return [*(await container.list_presets()()).by_name]
        return [*(await container.list_styles()()).by_name]

    return _asked(names, auto_provider="sketch")


def preset_values(name: str) -> Sequence[str]:
    """`argument=` for each argument of the preset, and `argument=value` for values it offers."""

    async def values(container: "Container") -> Sequence[str]:
        arguments = (await container.list_presets()()).get(name).arguments
        offered = [f"{each.name}={value}" for each in arguments for value in each.offered]
        return [*(f"{each.name}=" for each in arguments), *offered]

    return _asked(values, auto_provider="sketch")


def stored_ids(kind: Kind) -> Sequence[str]:
    """The short IDs of the latest images or jobs, or of what is in the trash.

    None if they cannot be read.
    """
    from entrypoints.wire.short_ids import short_id

    async def ids(container: "Container") -> Sequence[str]:
        if kind == "images":
            found = await container.list_images()(limit=SUGGESTED)
            known = [image.id for record in found.completed for image in record.images]
        elif kind == "trash":
            trash = await container.list_trash()(owner=None)
            known = [entry.image.id for entry in trash[:SUGGESTED]]
        else:
            jobs = await container.list_jobs()(limit=SUGGESTED, ended=True)
            known = [job.id for job in jobs]
        return [*dict.fromkeys(map(short_id, known))]

    return _asked(ids)


def _asked(
    question: Callable[["Container"], Awaitable[Sequence[str]]], *, auto_provider: str = "auto"
) -> Sequence[str]:
    with collector_paused():
        from entrypoints.bootstrap.lifecycle import run_application
        from entrypoints.cli.command_settings import command_settings

    async def ask() -> Sequence[str]:
        settings = command_settings(None, auto_provider=auto_provider, notes=False)
        async with run_application(settings) as container:
            return await question(container)

    try:
        return asyncio.run(ask())
    except Exception:  # noqa: BLE001 - a shell that completes a line must never print a traceback
        return []
