"""The text of a setting: what is removed around it, and what shows that it was never filled in."""

import re
from urllib.parse import urlsplit

PADDING = r"[\s\ufeff\u200b-\u200d\u2060\u00ad]+"
"""Blanks of every width, line breaks, byte order marks and characters that no screen shows."""
EDGES = re.compile(rf"\A{PADDING}|{PADDING}\Z")
QUOTATION_MARKS = dict(zip("\"'`“”„‘’«»‹「＂", "\"'`””“’’»«›」＂", strict=True))

PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}?"  # ${NAME}, ${env:NAME}, ${input:name}, ${NAME:-default}
    r"|\$\([^)]*\)?"  # $(command)
    r"|\{\{.*?\}\}"  # {{name}}
    r"|\{[A-Za-z_]+:[^}]*\}"  # {env:NAME}, {file:path}
    r"|\A\$[A-Za-z_]\w*(?=\Z|[/\\:.])"  # $NAME, $NAME/folder, $env:NAME
    r"|\A%[A-Za-z_]\w*%\Z"  # %NAME%
    r"|\A(?:undefined|null|None)\Z"  # a missing variable, as JavaScript or Python writes it
)
WINDOWS_VARIABLE = re.compile(r"%(?![0-9A-Fa-f]{2}%)[A-Za-z_]\w*%")
"""A variable within a text. Two hexadecimal digits are a URL's encoding of a character."""
DEFAULT_VALUE = re.compile(r"(?<=\w):?[-=?+].*", re.DOTALL)
"""The default after a variable's name, as in ${NAME:-default}; it may be a secret."""

EXAMPLE_SECRET = re.compile(
    r"<.*>|\[.*\]|(?:sk-(?:\w{2,9}-)?)?(?:\.{2,}|…|x{3,}|\*{3,}).*"
    r"|(?:change|replace|insert|paste|enter)[-_ ]?(?:me|with|your|the|key|api|token).*"
    r"|.*your[-_ ](?:own[-_ ])?(?:open[-_ ]?ai[-_ ])?(?:api[-_ ]?)?(?:key|token|secret).*",
    re.IGNORECASE,
)

VARIABLE_NAME = re.compile(
    r"\W*(?:_+|(?:env|process\.env|os\.environ|import\.meta\.env|secrets)\W+)?"
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET)[\W_]*"
)
"""A variable's name alone, perhaps with marks around it, where a host should have its value."""

HOME_VARIABLE = re.compile(
    r"\A(?:\$HOME|\$\{(?:env:)?HOME\}|\{env:HOME\}|\$\{userHome\})(?=/|\\|\Z)"
)
NOT_A_FOLDER = re.compile(r"\$(?=[\w{(])|[{}`<>\x00-\x1f]")


def clean_text(text: str) -> str:
    """The text without the blanks and the matching pairs of quotation marks around it.

    The marks stay if there are more of them within, as in a list of quoted words.
    """
    bare = EDGES.sub("", text)
    inner = bare[1:-1]
    is_quoted = len(bare) > 1 and QUOTATION_MARKS.get(bare[0]) == bare[-1]
    if is_quoted and bare[0] not in inner and bare[-1] not in inner:
        return clean_text(inner)
    return bare


def check_filled(text: str, *, secret: bool = False) -> None:
    """Raise ValueError if the text has a placeholder that should have been replaced.

    The error shows the placeholder, and nothing else of the text. In a secret, any two percent
    signs may stand by chance.
    """
    found = PLACEHOLDER.search(text) or (None if secret else WINDOWS_VARIABLE.search(text))
    if found:
        shown = DEFAULT_VALUE.sub("…}", found[0])[:80]
        raise ValueError(
            f"The placeholder {shown} was not filled in. Write the value itself where the variable "
            'is set: in the "env" block of the MCP host, in the shell, or in the .env file'
        )
    if secret and VARIABLE_NAME.fullmatch(text):
        raise ValueError("It is the name of a variable, not its value. Write the value itself")
    if secret and EXAMPLE_SECRET.fullmatch(text):
        raise ValueError("It is the placeholder of an example. Write your own value instead")


def expand_home(text: str) -> str:
    """The text of a folder with `~` for a variable at its beginning that names the user's home."""
    return HOME_VARIABLE.sub("~", text)


def check_folder(text: str) -> None:
    """Raise ValueError if the path is a URL, another system's path, or has variables in it."""
    if "://" in text or text.startswith("file:"):
        raise ValueError("It is a URL. Write a path")
    drive = re.match(r"([A-Za-z]):", text)
    if (drive or "\\" in text) and not _is_windows():
        slashes = (text[2:] if drive else text).replace("\\", "/").lstrip("/")
        example = f"/mnt/{drive[1].lower()}/{slashes}" if drive else slashes
        raise ValueError(
            "It is a Windows path, and this system is not Windows. Write a path of this system; in "
            f"WSL that is {example[:200]}"
            if drive
            else f"It has backslashes, and this system separates folders with /: {example[:200]}"
        )
    if NOT_A_FOLDER.search(text):
        raise ValueError(
            f"{text[:200]!r} contains characters of a variable ($, {{, }} or `), or < and >, or a "
            "line break. No folder with such a name is created. Write the path itself, or ~ for "
            "your home folder"
        )


def check_url(text: str) -> None:
    """Raise ValueError if the text is not the base URL of an API on an HTTP server."""
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or re.search(r"[^!-~]|\\", text):
        raise ValueError("It is not a URL. Write it in full, e.g. http://localhost:4000/v1")
    if "?" in text or "#" in text:
        raise ValueError("It has a ? or a #. Write the URL up to there")
    if path := re.search(r"/images(?:/(?:generations|edits|variations))?/*\Z", parts.path):
        raise ValueError(
            f"It ends with {path[0]}, which is added for each call. Write the URL up to there"
        )


def check_api_key(key: str) -> None:
    """Raise ValueError with the reason if no request can carry this key. The key is not shown."""
    if re.match(r"(?i:bearer)\s", key):
        raise ValueError("It begins with the word Bearer. Write the key alone")
    if re.match(r"(?:export\s+)?\w*KEY\s*(?:=|:\s)", key):
        raise ValueError("It repeats the variable's name. Write only what follows it")
    if "://" in key:
        raise ValueError("It is a URL. Write the key itself")
    found = re.search(r"[^!-~]|[\"'`<>{}(),;\\]", key)
    if found:
        raise ValueError(
            f"It contains invalid characters. Copy the key again: after {found.start()} characters "
            f"there is {_description(found[0])}"
        )


def _description(character: str) -> str:
    if character in "\r\n":
        return "a line break"
    if character.isspace():
        return "a blank"
    return "a quotation mark" if character in "\"'`" else "a character that no key has"


def _is_windows() -> bool:
    from os import name

    return name == "nt"
