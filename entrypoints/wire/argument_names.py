"""Which argument a client means by a name: spellings, aliases, and names that hosts add."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from unicodedata import normalize

from domain.errors import InvalidRequest
from entrypoints.wire.argument_specs import ArgumentSpec
from entrypoints.wire.unicode_text import is_unicode

Specs = Mapping[str, ArgumentSpec]

ADDED_BY_HOSTS = frozenset(
    {
        *("toolcallid", "sessionid", "action", "chatinput", "tool"),  # n8n#21500, things-mcp#30
        "taskprogress",  # cline#8256
        *("waitforprevious", "waitforprevioustools"),  # gemini-cli#27403, Antigravity
        *("toolaction", "toolsummary"),  # Antigravity
        "securitycontext",  # crewAI#4796
        *("randomstring", "dummy"),  # Cursor, for tools without arguments
    }
)
"""Squeezed names that MCP hosts add to the arguments. So is every name that starts with `_`."""
BOTH_SIDES = "width and height"
ALIASES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("text", "description", "imageprompt", "imagedescription", "instruction", "instructions"),
        ("prompt",),
    ),
    **dict.fromkeys(("image", "imageid", "imageids", "imageurl", "imageurls"), ("images", "id")),
    **dict.fromkeys(("img", "images", "imagepath", "imagefile"), ("images", "id")),
    **dict.fromkeys(
        ("inputimage", "inputimages", "referenceimage", "referenceimages", "sourceimage"),
        ("images",),
    ),
    **dict.fromkeys(
        ("imagebase64", "imageb64", "imagedata", "baseimage", "initimage", "originalimage"),
        ("images",),
    ),
    **dict.fromkeys(("maskimage", "maskurl", "maskid"), ("mask",)),
    **dict.fromkeys(("ids", "job", "jobid", "url", "path"), ("id",)),
    **dict.fromkeys(("outputformat", "imageformat", "fileformat"), ("format",)),
    **dict.fromkeys(("imagesize", "dimensions", "resolution", "widthandheight"), ("size",)),
    **dict.fromkeys(("aspectratio", "ratio", "orientation", "aspect", "shape"), ("size",)),
    **dict.fromkeys(
        ("deliversize", "deliverysize", "outputsize", "targetsize", "finalsize", "resize"),
        ("deliver",),
    ),
    **dict.fromkeys(("compression",), ("output_compression",)),
    **dict.fromkeys(("partials", "previews"), ("partialImages",)),
    **dict.fromkeys(("count", "numimages", "numberofimages", "imagecount"), ("n", "limit")),
    **dict.fromkeys(("num", "numoutputs", "numimagesperprompt", "numresults"), ("n", "limit")),
    **dict.fromkeys(("n", "maxresults"), ("limit",)),
    **dict.fromkeys(("modelname", "modelid"), ("model",)),
    **dict.fromkeys(("conversation", "conversationname", "threadid"), ("conversationId",)),
    **dict.fromkeys(("stylename", "styleid"), ("style",)),
}
"""By squeezed name, the arguments that it can mean; it means the first that the tool has."""
NO_SUCH_OPTION = "Remove it: no model here has such an option."
SAVED_BY_SERVER = "Remove it: every image is saved, and the result has its path or URL."
EDITS_ONLY = "Only edits take it: call edit_image, or over HTTP send images too."
ADVICE: Mapping[str, str] = {
    "negativeprompt": "Say in the prompt what the image must not show.",
    "responseformat": "Remove it: every result has the image and its ID.",
    "user": "Remove it.",
    **dict.fromkeys(
        ("transparent", "transparentbackground", "istransparent"), 'Use background "transparent".'
    ),
    **dict.fromkeys(("input", "query", "content", "caption", "subject"), "Did you mean prompt?"),
    **dict.fromkeys(("filename", "outputpath", "outputdir", "savepath"), SAVED_BY_SERVER),
    "width": "Use size, as WIDTHxHEIGHT.",
    "height": "Use size, as WIDTHxHEIGHT.",
    **dict.fromkeys(("images", "mask"), EDITS_ONLY),
    **dict.fromkeys(
        ("seed", "steps", "numinferencesteps", "guidance", "guidancescale", "cfgscale"),
        NO_SUCH_OPTION,
    ),
    **dict.fromkeys(("sampler", "scheduler", "strength", "inputfidelity"), NO_SUCH_OPTION),
}
"""By squeezed name, what to do about an option of other image services."""
MAX_NAME_SHOWN = 80
NULL_WORDS = frozenset({"", "null", "none", "undefined", "nil", "n/a", "default"})
"""In lower case."""
MAX_NULL_WORD = max(map(len, NULL_WORDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedArguments:
    """Arguments by their own names: each with all values that it was given, and under which name.

    `passed_over` are the names that ask for nothing.
    """

    values: dict[str, list[tuple[str, object]]] = field(default_factory=dict)
    faults: list[InvalidRequest] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def is_null_word(value: object) -> bool:
    """Whether a value is a text that stands for an argument that is left out."""
    if not isinstance(value, str) or len(text := value.strip()) > MAX_NULL_WORD:
        return False  # a long text is an image, perhaps
    return text.casefold() in NULL_WORDS


def squeezed(text: str) -> str:
    """The text in lower case with letters and digits only, and those in their usual width."""
    return re.sub(r"[\W_]", "", normalize("NFKC", text[:200])).casefold()


def named_arguments(specs: Specs, given: Mapping[str, object]) -> NamedArguments:
    """Sort the arguments of a call by the names of `specs`."""
    found = NamedArguments()
    for name, value in _with_size(specs, given):
        own = own_name(specs, name)
        if own is not None:
            found.values.setdefault(own, []).append((name, value))
        elif _asks_for_nothing(specs, name, value):
            found.passed_over.append(name)
        else:
            found.faults.append(_unknown(specs, name, value))
    return found


def own_name(specs: Specs, name: str) -> str | None:
    """The argument that a name means; None if it means none of these."""
    if name in specs:
        return name
    key = squeezed(name)
    spelled = (own for own in specs if squeezed(own) == key)
    aliases = (own for own in ALIASES.get(key, ()) if own in specs)
    return next(spelled, None) or next(aliases, None)


def _with_size(specs: Specs, given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The arguments, with a width and a height as one size."""
    sides = {squeezed(name): name for name in given if squeezed(name) in ("width", "height")}
    joined = {*sides.values()} if len(sides) == 2 and "size" in specs else set()
    for name, value in given.items():
        if name not in joined:
            yield name, value
    if joined:
        yield BOTH_SIDES, [given[sides["width"]], given[sides["height"]]]


def _asks_for_nothing(specs: Specs, name: str, value: object) -> bool:
    key = squeezed(name)
    if not specs or name.startswith("_") or key in ADDED_BY_HOSTS or value is None:
        return True
    if value in ([], {}):  # also a misspelled argument: it would be omitted under its own name
        return True
    return is_null_word(value) and (bool(_advice(specs, key)) or not _near(specs, name))


def _unknown(specs: Specs, name: str, value: object) -> InvalidRequest:
    shown, near = name[:MAX_NAME_SHOWN], _near(specs, name)
    hint = _advice(specs, squeezed(name)) or (f"Did you mean {near}?" if near else "")
    if isinstance(value, Mapping) and any(own_name(specs, str(member)) for member in value):
        hint = "Send what is in it as arguments of their own."
    hint = hint or f"Valid arguments: {', '.join(specs)}."
    field = shown if shown.strip() and is_unicode(shown) else "arguments"
    return InvalidRequest(f"Unknown argument {shown!r}.", field=field, hint=hint)


def _advice(specs: Specs, key: str) -> str:
    """What to do about an option of other image services; empty for a tool that makes no image."""
    if "prompt" not in specs:
        return ""
    return next((ADVICE[name] for name in (key, *ALIASES.get(key, ())) if name in ADVICE), "")


def _near(specs: Specs, name: str) -> str:
    return next(iter(get_close_matches(name[:MAX_NAME_SHOWN], specs, n=1)), "")
