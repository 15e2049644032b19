"""Reads a line as strictly as possible: what it does not know exactly, it does not know at all.

Its imports are few, because it runs before the libraries of the server are loaded.
"""

from collections.abc import Callable, Mapping
from json import JSONDecoder

from entrypoints.mcp.app_clients import takes_apps

MAX_LINE = 1 << 16
"""Bytes of a line that is read; longer ones are calls with image data."""
MAX_DIGITS = 15
"""Digits of a number that every JSON library reads as the same integer."""
PREFIX = "io.modelcontextprotocol/"
INITIALIZED = "notifications/initialized"


class _NotKnown(ValueError):
    """The line has something that the greeter does not know."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotKnown
    return members


def _small(digits: str) -> int:
    if len(digits) > MAX_DIGITS or not digits.isdigit():
        raise _NotKnown
    return int(digits)


def _unknown(_: str) -> object:
    raise _NotKnown


_decoder = JSONDecoder(
    object_pairs_hook=_unique, parse_int=_small, parse_float=_unknown, parse_constant=_unknown
)


def read_members(line: bytes) -> Mapping[str, object] | None:
    """The members of the message; None unless every JSON library reads the same in the line.

    That excludes escapes, repeated keys, fractions, negative and long numbers, and other encodings
    than UTF-8.
    """
    if len(line) > MAX_LINE or b"\\" in line:
        return None
    try:
        message = _decoder.decode(line.decode())
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def is_initialized(message: Mapping[str, object]) -> bool:
    """Whether it is the notification that follows the handshake, with nothing in it."""
    required = {"jsonrpc": "2.0", "method": INITIALIZED}
    return message in (required, {**required, "params": {}})


def is_id(value: object) -> bool:
    """Whether it is a string or an integer; true and false are neither."""
    return isinstance(value, str) or type(value) is int


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_map_of_objects(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())


Check = Callable[[object], bool]


def _object(optional: Mapping[str, Check], required: Mapping[str, Check] | None = None) -> Check:
    """Checks for an object that has all required members, and else only optional ones."""
    needed = required or {}
    checks = {**optional, **needed}

    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and needed.keys() <= value.keys() <= checks.keys()
            and all(checks[name](each) for name, each in value.items())
        )

    return check


_empty = _object({})
_capabilities = _object(
    {
        "roots": _object({"listChanged": _is_flag}),
        "sampling": _object({"context": _empty, "tools": _empty}),
        "elicitation": _object({"form": _empty, "url": _empty}),
        "experimental": _is_map_of_objects,
        "extensions": _is_map_of_objects,
    }
)
_client_info = _object(
    {"title": _is_text, "description": _is_text, "websiteUrl": _is_text},
    {"name": _is_text, "version": _is_text},
)
_token = _object({"progressToken": is_id})
_plain = _object({"_meta": _token})
_handshake = _object(
    {"_meta": _token},
    {"protocolVersion": _is_text, "capabilities": _capabilities, "clientInfo": _client_info},
)
_envelope = _object(
    {"progressToken": is_id, f"{PREFIX}clientInfo": _client_info},
    {f"{PREFIX}protocolVersion": _is_text, f"{PREFIX}clientCapabilities": _capabilities},
)
_enveloped = _object({}, {"_meta": _envelope})
_request = _object(
    {"params": lambda _: True}, {"jsonrpc": "2.0".__eq__, "id": is_id, "method": _is_text}
)


def is_request(message: Mapping[str, object]) -> bool:
    """Whether it is a request of JSON-RPC, whatever its params are."""
    return _request(message)


def handshake_version(message: Mapping[str, object]) -> str | None:
    """The protocol version that an `initialize` request asks for."""
    params = message.get("params")
    if message["method"] != "initialize" or not _handshake(params) or not isinstance(params, dict):
        return None
    return str(params["protocolVersion"])


def has_plain_params(message: Mapping[str, object]) -> bool:
    """Whether the params say nothing that an answer could depend on."""
    return "params" not in message or _plain(message["params"])


def envelope_version(message: Mapping[str, object]) -> str | None:
    """The protocol version of the envelope that each request has since 2026-07-28."""
    params = message.get("params")
    if not _enveloped(params) or not isinstance(params, dict):
        return None
    return str(params["_meta"][f"{PREFIX}protocolVersion"])


def shows_apps(message: Mapping[str, object]) -> bool:
    """Whether an `initialize` or an enveloped request declares the extension MCP Apps."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    enveloped = meta.get(f"{PREFIX}clientCapabilities") if isinstance(meta, dict) else None
    shaken = params.get("capabilities") if isinstance(params, dict) else None
    return any(
        isinstance(each, dict) and takes_apps(each.get("extensions"))
        for each in (enveloped, shaken)
    )
