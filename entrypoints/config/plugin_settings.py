"""Settings that name plugins. A name that is not ours must be that of an installed plugin."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings


def check_name(name: str, group: str, ours: Sequence[str]) -> str:
    """The name in lower case; raise ValueError unless it is ours or that of a plugin.

    Entry points are read only for a name that is not ours.
    """
    name = name.lower()
    if name in ours:
        return name
    from entrypoints.bootstrap.plugin_entries import installed_names

    known = [*ours, *installed_names(group)]
    if name not in known:
        one_of = f"Use one of: {', '.join(known)}"
        raise ValueError(one_of if known else "No such plugin is installed")
    return name


def _check_cache(name: str) -> str:
    return check_name(name, "caches", ["disk"])


def _check_optimizer(name: str) -> str:
    return check_name(name, "optimizers", ["pillow"])


def _check_processors(names: str) -> str:
    return " ".join(check_name(name, "image_processors", []) for name in _words(names))


class PluginSettings(BaseSettings):
    """Which plugins are used, where only one can be or their order matters."""

    image_cache: Annotated[str, AfterValidator(_check_cache)] = Field(
        "disk", description="Cache below the one in memory: disk, or the name of a plugin."
    )
    image_optimizer: Annotated[str, AfterValidator(_check_optimizer)] = Field(
        "pillow", description="What encodes renditions: pillow, or the name of a plugin."
    )
    image_processors: Annotated[str, AfterValidator(_check_processors)] = Field(
        "", description="Plugins that change renditions, in this order, e.g. upscale watermark."
    )

    @property
    def processor_names(self) -> Sequence[str]:
        """IMAGE_PROCESSORS, each once."""
        return list(dict.fromkeys(_words(self.image_processors)))


def _words(names: str) -> Sequence[str]:
    return names.replace(",", " ").split()
