"""Reads the name of a file as clients write it, without touching any file.

The names of Windows are checked with the rules of Windows and all others with those of POSIX,
because only a file of this system can be opened.
"""

import ntpath
import posixpath
import re
from urllib.parse import unquote

from adapters.local_images.refusal import Refused

MAX_LENGTH = 4_096
"""Characters of a longest path."""
DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
RELATIVE = re.compile(r"^[^\r\n;,]*\.[A-Za-z0-9]{2,5}$")
"""A relative path ends like the name of a file; anything else may be words or base64."""
JPEG = "/9j/"
"""The beginning of a JPEG in base64."""
ESCAPED, ENCODED = re.compile(r"\\([^\w\\])"), re.compile(r"%[0-9A-Fa-f]{2}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
RESERVED = re.compile(
    r"^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)", re.IGNORECASE
)
"""Names that Windows takes for devices, in every folder and with every extension."""


def spellings(name: str, *, windows: bool) -> list[str]:
    """The name, and what else it may mean: clients copy paths from shells and from URLs.

    A shell of POSIX puts a backslash before each blank, and a URL has %20 for it.
    """
    name = name.strip()
    shell = name if windows or name.startswith("\\") else ESCAPED.sub(r"\1", name)
    is_path = not SCHEME.match(name) or DRIVE.match(name)
    url = unquote(name) if is_path and ENCODED.search(name) else name
    return [*dict.fromkeys((name, shell, url))]


def local_path(name: str, *, home: str, folder: str | None, windows: bool) -> str | None:
    """Return the absolute path that a name means, without `.` and `..`; None for no file's name.

    `~` is `home`. A relative path begins in `folder`; without one it is refused. Raises Refused for
    the name of a file that cannot be on this machine or that means another thing than it says.
    """
    text = _path_in(name.strip())
    if text is None:
        return None
    _check_text(text, windows=windows)
    paths = ntpath if windows else posixpath
    if text.startswith("~"):
        if text[1:2] not in ("", "/", "\\"):
            raise Refused("The home folder of another user is not opened.")
        text = home + text[1:]
    elif not paths.isabs(text) or (windows and not DRIVE.match(text)):
        if folder is None:
            raise Refused("The path is not absolute, and the server has no working directory.")
        text = paths.join(folder, text)
    path: str = paths.normpath(text)
    if windows:
        _check_windows(path)
    return path


def _check_text(text: str, *, windows: bool) -> None:
    if len(text) > MAX_LENGTH:
        raise Refused("The path is too long.")
    if UNPRINTABLE.search(text):
        raise Refused("The path has a character that no name of a file needs.")
    if text[:2] in ("//", "\\\\", "/\\", "\\/"):
        raise Refused("A path of another machine or of a device is not opened.")
    if DRIVE.match(text) and not windows:
        raise Refused("This is a path of Windows, and the server does not run on Windows.")


def _path_in(name: str) -> str | None:
    """The path in a name; None if the name is not one of a file."""
    if name[:5].lower() == "file:":
        return _path_in_url(name[5:])
    if name.startswith(("~", "\\\\")) or DRIVE.match(name):
        return name
    if name.startswith("/"):
        return None if name.startswith(JPEG) and len(name) > len(JPEG) + 20 else name
    is_relative = len(name) <= MAX_LENGTH and RELATIVE.match(name) and not SCHEME.match(name)
    return name if is_relative else None


def _path_in_url(rest: str) -> str:
    """The path in a file: URL, of which `rest` is what follows the scheme."""
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if DRIVE.match(f"{host}/"):  # file://C:/photo.png
            slash, path = "", f"{host}/{path}"
        elif host.casefold() not in ("", "localhost"):
            raise Refused("A file: URL of another machine is not opened.")
        rest = slash + path
    try:
        path = unquote(rest, errors="strict")
    except UnicodeDecodeError:
        raise Refused("The file: URL is not UTF-8.") from None
    if DRIVE.match(path[1:]) and path[0] == "/":
        return path[1:]
    if not path.startswith("/") and not DRIVE.match(path):
        raise Refused("The file: URL has no absolute path.")
    return path


def _check_windows(path: str) -> None:
    drive, rest = ntpath.splitdrive(path)
    if not DRIVE.match(f"{drive}\\"):
        raise Refused("A path of another machine or of a device is not opened.")
    for part in rest.split("\\"):
        if ":" in part:
            raise Refused("A second stream of a file is not opened.")
        if part != part.rstrip(" ."):
            raise Refused("Windows ignores the dots and blanks at the end of this name.")
        if RESERVED.match(part):
            raise Refused("A device is not opened.")


def parts_below(path: str, root: str, *, windows: bool) -> list[str] | None:
    """The names that lead from a root to a path below it; None if it is elsewhere."""
    separator = "\\" if windows else "/"
    start = root.rstrip(separator) + separator
    same = path.lower().startswith(start.lower()) if windows else path.startswith(start)
    return path[len(start) :].split(separator) if same and len(path) > len(start) else None
