"""Settings of the images that callers name outside the server's storage."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from entrypoints.config.setting_text import check_folder, expand_home
from entrypoints.config.variable_source import EMPTY_COUNTS

NONE = frozenset({"", "none", "off", "false", "no"})


def _folders(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.strip().lower() in NONE:
        return ()
    return tuple(_folder(text.strip()) for text in value.split(os.pathsep) if text.strip())


def _folder(text: str) -> Path:
    text = expand_home(text)
    check_folder(text)
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"The home folder in {text} is not known. Use an absolute path") from None
    if not path.is_absolute():
        raise ValueError(f"{text} is a relative path. Write absolute paths, or begin with ~/")
    return path


class InputSettings(BaseSettings):
    """Which images outside the server's storage callers may name."""

    input_roots: Annotated[
        tuple[Path, ...] | None, NoDecode, BeforeValidator(_folders), EMPTY_COUNTS
    ] = Field(
        None,
        description="Folders whose files stdio clients may name, separated as in PATH; empty for "
        "none. By default the client's roots, the working directory, and your Pictures, Downloads "
        "and Desktop folders.",
    )
    input_urls: bool = Field(
        False,
        description="Fetch input images from https:// URLs on public hosts, for every caller.",
    )
