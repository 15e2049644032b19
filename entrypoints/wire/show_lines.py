"""The lines that make a client show images to the person who reads the answer."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

from entrypoints.wire.caller import Caller
from entrypoints.wire.client_profiles import ClientProfile
from entrypoints.wire.outputs import ImageEntry

ONE = "Put this line into your answer, to show the image:"
SEVERAL = "Put these lines into your answer, to show the images:"
BARE = re.compile(r"[^\s()<>]+")
"""What Markdown takes as a destination without angle brackets."""
MARKUP = re.compile(r"[\[\]\\!`*_<>|~#]+")


def show_lines(
    entries: Sequence[ImageEntry], title: str, profile: ClientProfile, caller: Caller
) -> str:
    """What a model is to put into its answer; empty if no line is known to show the images.

    A client that shows the image blocks of a result needs no line. A path is for clients on this
    machine, and a link for those that can open it: https, and without a token.
    """
    if "image block" in profile.shows:
        return ""
    found = [line for entry in entries if (line := _line(entry, title, profile, caller))]
    if not found:
        return ""
    return "\n".join([ONE if len(found) == 1 else SEVERAL, *found])


def _line(entry: ImageEntry, title: str, profile: ClientProfile, caller: Caller) -> str:
    path = entry.path or ""
    if "local markdown" in profile.shows and _is_local(path):
        return _markdown(title, path.replace("\\", "/"))
    url = caller.preview(entry) if entry.url and caller.preview and caller.opens_links else ""
    if "https link" in profile.shows and url.startswith("https://"):
        return _markdown(title, url)
    return ""


def _is_local(path: str) -> bool:
    """Whether a path is of a file on this machine, and no other name that a store has for it."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _markdown(title: str, place: str) -> str:
    """An image in Markdown; empty for a path that Markdown cannot have."""
    if not place.isprintable() or {"<", ">"} & {*place}:
        return ""
    words = " ".join(MARKUP.sub(" ", title).split())
    return f"![{words or 'image'}]({place if BARE.fullmatch(place) else f'<{place}>'})"
