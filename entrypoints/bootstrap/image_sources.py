"""Chooses the sources of images outside the server's storage, for each entry point its own."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

from application.ports.image_source import ImageSource
from entrypoints.config.settings import Settings

Door = Literal["cli", "stdio", "http"]
"""The entry point that an application is opened for."""
ClientRoots = Callable[[], Awaitable[Sequence[str]]]
"""Returns the folders of the connected client, as file: URLs."""


async def no_client_roots() -> Sequence[str]:
    """The roots of no client."""
    return ()


def nearby_images(
    settings: Settings, door: Door, client_roots: ClientRoots
) -> Sequence[ImageSource]:
    """The caller's own files. Over HTTP there are none, because a caller there may be remote."""
    if door == "http" or settings.input_roots == ():
        return ()
    from adapters.local_images.folder_images import FolderImages, no_folders
    from adapters.local_images.typed_files import TypedFiles

    if settings.input_roots is None and door == "cli":
        return (TypedFiles(),)
    given, working = settings.input_roots, working_folder()
    return (
        FolderImages(
            default_folders() if given is None else [*map(str, given)],
            home=str(Path.home()),
            working_folder=working,
            more_folders=client_roots if given is None else no_folders,
        ),
    )


def remote_images(settings: Settings) -> Sequence[ImageSource]:
    """The web, if the operator allows it."""
    if not settings.input_urls:
        return ()
    from adapters.web_images.web_images import WebImages

    return (WebImages(),)


def default_folders() -> Sequence[str]:
    """The working directory and the user's folders for images that are there.

    A folder that has the whole home folder in it is left out, such as a desktop that is not set up.
    """
    from platformdirs import user_desktop_path, user_downloads_path, user_pictures_path

    users = [user_pictures_path(), user_downloads_path(), user_desktop_path()]
    home = Path.home()
    usual = [str(each) for each in users if each.is_dir() and each not in (home, *home.parents)]
    working = working_folder()
    return [working, *usual] if working else usual


def working_folder() -> str | None:
    """The working directory; None if it is gone, or is all of a disk, as MCP hosts choose it."""
    try:
        folder = os.getcwd()  # noqa: PTH109 - Path.cwd is the same, and the parent is compared
    except OSError:
        return None
    return None if os.path.dirname(folder) == folder else folder  # noqa: PTH120 - as above
