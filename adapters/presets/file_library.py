"""The presets of the package and of the user's folder, and the user's styles."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from adapters.presets.preset_file import PresetFile
from adapters.presets.style_file import StyleFile, is_file_name
from adapters.presets.toml_folder import TomlFolder, reason_of
from domain.definitions import Definitions
from domain.errors import UnreadableImage
from domain.image import Image
from domain.presets import Preset
from domain.requests import MAX_INPUT_BYTES
from domain.styles import Style

PACKAGED = Path(__file__).with_name("packaged")
STYLES = "styles"


class FilePresetLibrary:
    """Reads `folder`/*.toml and `folder`/styles/*.toml, and the presets of this package.

    A preset of the folder replaces one of the package with the same name, also if it has faults:
    a prompt that was replaced on purpose must not come back unnoticed.
    """

    def __init__(self, folder: Path, packaged: Path = PACKAGED) -> None:
        self._packaged = TomlFolder(packaged, _preset)
        self._own = TomlFolder(folder, _preset)
        self._styles = TomlFolder(folder / STYLES, _style, label=f"{STYLES}/")
        self._lock = Lock()

    async def presets(self) -> Definitions[Preset]:
        return await asyncio.to_thread(self._presets)

    async def styles(self) -> Definitions[Style]:
        return await asyncio.to_thread(self._all_styles)

    async def reference(self, style: Style, name: str) -> Image:
        try:
            if not is_file_name(name) or name not in style.references:
                raise ValueError("it is no file of this style")
            return Image(await asyncio.to_thread(self._styles.read, name, MAX_INPUT_BYTES))
        except (OSError, ValueError) as error:
            what = f"{name}, a reference image of the style {style.name},"
            raise UnreadableImage(
                f"{what} cannot be read: {reason_of(error)}.",
                field="style",
                hint="Correct the style, or leave it out.",
            ) from error

    def _presets(self) -> Definitions[Preset]:
        with self._lock:
            packaged, own = self._packaged.load(), self._own.load()
        kept = {name: each for name, each in packaged.by_name.items() if name not in own.faults}
        by_name = dict(sorted({**kept, **own.by_name}.items()))
        return Definitions(kind="preset", by_name=by_name, faults={**packaged.faults, **own.faults})

    def _all_styles(self) -> Definitions[Style]:
        with self._lock:
            loaded = self._styles.load()
        return Definitions(kind="style", by_name=loaded.by_name, faults=loaded.faults)


def _preset(name: str, table: Mapping[str, Any], _: frozenset[str]) -> Preset:
    return PresetFile.model_validate(table).preset(name)


def _style(name: str, table: Mapping[str, Any], files: frozenset[str]) -> Style:
    style = StyleFile.model_validate(table).style(name)
    missing = [each for each in style.references if is_file_name(each) and each not in files]
    if missing:
        raise ValueError(f"references: there is no file {missing[0]} beside it")
    return style
