"""Generated tool calls that follow or break the schemas, and lines that are no message."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from entrypoints.mcp.tools import TOOLS
from entrypoints.wire.json_schema import json_schema
from entrypoints.wire.unicode_text import is_unicode
from tests.e2e.odd_messages import UNANSWERED, odd_messages

Arguments = dict[str, Any]

SCHEMAS = [(tool.name, json_schema(tool.input)) for tool in TOOLS]
PROMPTS = ("a red bridge", "ein Boot", "une maison 🏠")
"""Few, so that most valid calls are served from the cache."""
TEXTS = (
    *("", " ", "\0", "\ud83c", "\udf09\ud83c", "\ufffe", "\u202egnp.exe", "\x1b[31m", "🌉" * 50),
    *("x" * 33_000, "../../etc/passwd", "~unknown-user/x", "img_" + "0" * 32, "job_" + "0" * 32),
    *("img_\0", "data:image/png;base64,", "data:,x", "A" * 1_001, "null", "-0", "1e999", "٣"),
    *("{}", "$ref", "__proto__", "%s%n", "'; DROP TABLE jobs; --", "http://127.0.0.1:1/x.png"),
)
NUMBERS = (0, -1, 1, 2, 4, 5, 100, 101, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.5, 1e308, -0.0)
NAMES = ("", "prompt ", "Prompt", "\ud800", "a`b", "constructor", "x" * 5_000, "output-compression")


def any_value(random: Random, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value of any type."""
    kind = random.randrange(7 if depth < 3 else 4)
    if kind == 0:
        return random.choice((None, True, False))
    if kind == 1:
        return random.choice(NUMBERS)
    if kind in (2, 3):
        return random.choice(TEXTS)
    if kind == 4:
        return nested(random.choice((5, 100, 190, 400)))
    if kind == 5:
        return [any_value(random, depth + 1) for _ in range(random.choice((0, 1, 2, 17)))]
    return {
        random.choice((*NAMES, "a")): any_value(random, depth + 1)
        for _ in range(random.randrange(4))
    }


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def valid_value(random: Random, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """A value that follows the schema of an argument."""
    if name == "prompt":
        return random.choice(PROMPTS)
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "anyOf" in schema:
        return valid_value(random, name, random.choice(schema["anyOf"]))
    match schema.get("type"):
        case "integer":
            return random.randint(schema.get("minimum", 0), schema.get("maximum", 9))
        case "boolean":
            return random.random() < 0.5
        case "array":
            return [random.choice(TEXTS) or "x" for _ in range(random.randint(1, 3))]
    return random.choice(("1024x1024", "auto", "img_" + "0" * 32, "x"))


def arguments_of(random: Random, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Arguments for a tool: valid ones, or with one to three breaks, or no object at all."""
    properties = schema["properties"]
    required = schema.get("required", [])
    given: Arguments = {
        name: valid_value(random, name, value)
        for name, value in properties.items()
        if name in required or random.random() < 0.2
    }
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        _break(random, given, list(properties))
    return any_value(random) if random.random() < 0.05 else given


def _break(random: Random, given: Arguments, known: list[str]) -> None:
    action = random.randrange(5)
    if action == 0 and given:
        given.pop(random.choice([*given]))
    elif action == 1:
        given[random.choice(NAMES)] = any_value(random)
    elif known:
        given[random.choice(known)] = any_value(random)


def call_params(random: Random) -> Any:  # noqa: ANN401 - as above
    """The params of one `tools/call`."""
    name, schema = random.choice(SCHEMAS)
    params: Arguments = {
        "name": random.choice(TEXTS) if random.random() < 0.04 else name,
        "arguments": arguments_of(random, schema),
    }
    if random.random() < 0.1:
        params["_meta"] = {"progressToken": any_value(random)}
    if random.random() < 0.02:
        params[random.choice(("name", "arguments", "_meta"))] = any_value(random)
    if random.random() < 0.02:
        params.pop(random.choice([*params]))
    return any_value(random) if random.random() < 0.01 else params


def request(number: int, params: Any) -> bytes:  # noqa: ANN401 - as above
    """A call with an ID that no other call has: a number, or a text."""
    request_id = number if number % 3 else f"r{number} é"
    return json.dumps(
        {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}
    ).encode()


def odd_line(random: Random, number: int) -> bytes:
    """A line that is no message, or a message that breaks a rule, or one that is almost one."""
    lines = [*UNANSWERED.values(), *(odd.data for odd in odd_messages().values())]
    if number < len(lines):
        return lines[number]
    message = json.dumps(
        {
            "jsonrpc": random.choice(("2.0", "2.0", "1.0", 2)),
            "id": random.choice((number, f"o{number}", None, 1.5, [], {}, True)),
            "method": random.choice(("ping", "tools/list", "no/method", "", 5)),
            "params": random.choice(({}, [], None, {"a": "é"})),
        },
        ensure_ascii=False,
    ).encode()
    return random.choice(CHANGES)(random, message).replace(b"\n", b" ")


def _cut(random: Random, line: bytes) -> bytes:
    return line[: random.randrange(len(line))]


def _flip(random: Random, line: bytes) -> bytes:
    at = random.randrange(len(line))
    return line[:at] + bytes([line[at] ^ (1 << random.randrange(8))]) + line[at + 1 :]


def _insert(random: Random, line: bytes) -> bytes:
    at = random.randrange(len(line))
    return line[:at] + random.randbytes(random.choice((1, 4))) + line[at:]


def _drop_member(random: Random, line: bytes) -> bytes:
    message = json.loads(line)
    message.pop(random.choice([*message]))
    return json.dumps(message).encode()


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _cut,
    _flip,
    _insert,
    _drop_member,
    lambda _, line: line,
    lambda _, line: b"[" + line + b"]",
    lambda _, line: line + line,
)


def is_answered(line: bytes) -> bool:
    """Whether JSON-RPC answers the line: not if it is a response, a notification, or blank."""
    try:
        message = json.loads(line.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return bool(line.strip())
    if not isinstance(message, dict):
        return True
    if "method" not in message and ("result" in message or "error" in message):
        return False
    method = message.get("method")
    is_text = isinstance(method, str) and is_unicode(method)
    return "id" in message or message.get("jsonrpc") != "2.0" or not is_text
