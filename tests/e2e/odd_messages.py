"""Bytes that are no message, and messages that break a rule: what answers them everywhere."""

from codecs import BOM_UTF8
from typing import Any, NamedTuple

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
DEEP = b"[" * 100_000 + b"]" * 100_000


class OddMessage(NamedTuple):
    """The bytes, and the error code and ID of the answer."""

    data: bytes
    code: int
    id: Any = None


def _ping(request_id: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":' + request_id + b',"method":"ping"}'


def odd_messages() -> dict[str, OddMessage]:
    """By name. Each valid ID is used once, and above those of a test's own requests."""
    return {
        "no JSON": OddMessage(b"hello", PARSE_ERROR),
        "half a message": OddMessage(b'{"jsonrpc":"2.0","id":7010,"method":"pi', PARSE_ERROR),
        "two messages": OddMessage(_ping(b"7011") + _ping(b"7012"), PARSE_ERROR),
        "UTF-16": OddMessage(_ping(b"7013").decode().encode("utf-16"), PARSE_ERROR),
        "a zero byte": OddMessage(b"\0", PARSE_ERROR),
        "deep nesting": OddMessage(DEEP, PARSE_ERROR),
        "deep params": OddMessage(
            b'{"jsonrpc":"2.0","id":7014,"method":"ping","params":{"a":' + DEEP + b"}}", PARSE_ERROR
        ),
        "an ID of 5,000 digits": OddMessage(_ping(b"9" * 5_000), PARSE_ERROR),
        "a batch": OddMessage(b"[" + _ping(b"7015") + b"]", INVALID_REQUEST),
        "an empty batch": OddMessage(b"[]", INVALID_REQUEST),
        "a batch after a byte order mark": OddMessage(
            BOM_UTF8 + b"[" + _ping(b"7025") + b"," + _ping(b"7026") + b"]", INVALID_REQUEST
        ),
        "a byte order mark alone": OddMessage(BOM_UTF8, PARSE_ERROR),
        "a number": OddMessage(b"5", INVALID_REQUEST),
        "null": OddMessage(b"null", INVALID_REQUEST),
        "an empty object": OddMessage(b"{}", INVALID_REQUEST),
        "an ID of 1.5": OddMessage(_ping(b"1.5"), INVALID_REQUEST),
        "an ID of 2.0": OddMessage(_ping(b"2.0"), INVALID_REQUEST),
        "an ID of null": OddMessage(_ping(b"null"), INVALID_REQUEST),
        "an ID of true": OddMessage(_ping(b"true"), INVALID_REQUEST),
        "an object as an ID": OddMessage(_ping(b'{"a":1}'), INVALID_REQUEST),
        "half an ID": OddMessage(_ping(b'"\\ud800"'), INVALID_REQUEST),
        "an ID that is not UTF-8": OddMessage(_ping(b'"\xff"'), INVALID_REQUEST),
        "no version": OddMessage(b'{"id":7016,"method":"ping"}', INVALID_REQUEST, 7016),
        "version 1.0": OddMessage(
            b'{"jsonrpc":"1.0","id":7017,"method":"ping"}', INVALID_REQUEST, 7017
        ),
        "no version in a notification": OddMessage(b'{"method":"ping"}', INVALID_REQUEST),
        "no method": OddMessage(b'{"jsonrpc":"2.0","id":7018}', INVALID_REQUEST, 7018),
        "a number as a method": OddMessage(
            b'{"jsonrpc":"2.0","id":"text","method":5}', INVALID_REQUEST, "text"
        ),
        "half a method": OddMessage(
            b'{"jsonrpc":"2.0","id":7019,"method":"\\ud800"}', INVALID_REQUEST, 7019
        ),
        "params in an array": OddMessage(
            b'{"jsonrpc":"2.0","id":7020,"method":"ping","params":[1]}', INVALID_REQUEST, 7020
        ),
        "text as params": OddMessage(
            b'{"jsonrpc":"2.0","id":7021,"method":"ping","params":"x"}', INVALID_REQUEST, 7021
        ),
        "half a character in params": OddMessage(
            b'{"jsonrpc":"2.0","id":7022,"method":"ping","params":{"\\ud800":1}}',
            INVALID_REQUEST,
            7022,
        ),
        "params that are not UTF-8": OddMessage(
            b'{"jsonrpc":"2.0","id":7023,"method":"ping","params":{"a":"\xff"}}',
            INVALID_REQUEST,
            7023,
        ),
        "a request with a result": OddMessage(
            b'{"jsonrpc":"2.0","id":7024,"method":"ping","result":{}}', INVALID_REQUEST, 7024
        ),
    }


UNANSWERED = {
    "an error": b'{"jsonrpc":"2.0","id":77,"error":{"code":-1,"message":"client says no"}}',
    "an error without an ID": b'{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}',
    "a result": b'{"jsonrpc":"2.0","id":78,"result":{}}',
    "a result with a broken ID": b'{"jsonrpc":"2.0","id":1.5,"result":{}}',
    "a broken result": b'{"jsonrpc":"2.0","id":79,"result":5}',
    "an error without a version": b'{"id":80,"error":5}',
    "a notification": b'{"jsonrpc":"2.0","method":"notifications/unknown"}',
    "a notification with broken params": b'{"jsonrpc":"2.0","method":"notifications/x",'
    b'"params":[1]}',
    "half a character in a notification": b'{"jsonrpc":"2.0","method":"notifications/x",'
    b'"params":{"a":"\\ud800"}}',
    "an empty line": b"",
    "a line of spaces": b"  \r",
}
"""Lines that get no answer over stdio: responses, notifications and lines without content."""

HALF_CHARACTERS = {
    "an argument's name": b'"name":"generate_image","arguments":{"prompt":"a bridge","\\ud800":1}',
    "an argument": b'"name":"generate_image","arguments":{"prompt":"a \\ud83c bridge"}',
    "a number": b'"name":"generate_image","arguments":{"prompt":"a bridge","n":"\\ud800"}',
    "a nested name": b'"name":"edit_image","arguments":{"prompt":"x","images":[{"\\udfff":1}]}',
    "an image's ID": b'"name":"get_image","arguments":{"id":"\\ud800"}',
    "a tool's name": b'"name":"\\ud800","arguments":{}',
}
"""Params of tool calls with half of a surrogate pair, in which strict JSON has no text."""


def tool_call(number: int, params: bytes) -> bytes:
    """A request that calls a tool."""
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{%b}}' % (number, params)
