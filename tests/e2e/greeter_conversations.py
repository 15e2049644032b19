"""What clients write in the first second, by name: known requests, odd ones, and mixtures."""

from typing import Any

from tests.e2e.greeter_messages import (
    INITIALIZED,
    LEGACY,
    MODERN,
    Script,
    Step,
    after_start,
    call,
    cancel,
    deep,
    line,
    modern,
    ping,
    start,
    templates,
    tools,
)
from tests.e2e.greeter_openings import HANDSHAKES, MODERN_REQUESTS

IDS: dict[str, Any] = {
    "a text": "one",
    "an empty text": "",
    "letters of other scripts": "идентификатор ☂ 😀",
    "digits in a text": "2",
    "zero": 0,
    "a negative number": -7,
    "fifteen digits": 999_999_999_999_999,
    "more than 53 bits": 2**53 + 1,
    "more than 64 bits": 2**64 + 1,
    "hundreds of digits": 10**400,
    "a fraction": 1.5,
    "a whole fraction": 2.0,
    "null": None,
    "true": True,
    "a list": [1],
    "an object": {"a": 1},
}

REQUESTS: dict[str, Script] = {
    "a call before the list": after_start(call(), tools(), ping()),
    "a call after the list": after_start(tools(), call(), ping()),
    "calls and lists": after_start(tools(5), call(6), tools(7), call(8), ping(9)),
    "equal IDs": after_start(tools(2), tools(2), ping(2), 4),
    "a list without params": after_start(tools()),
    "empty params": after_start(tools(params={}), ping(params={})),
    "null params": after_start(tools(params=None), ping(params=None)),
    "params that are a list": after_start(tools(params=[]), ping(params=[1])),
    "params that are a text": after_start(tools(params="{}"), ping()),
    "a cursor": after_start(tools(params={"cursor": "x"}), tools(6)),
    "a null cursor": after_start(tools(params={"cursor": None}), tools(6)),
    "a cursor that is a number": after_start(tools(params={"cursor": 1}), tools(6)),
    "a token": after_start(tools(params={"_meta": {"progressToken": "t"}}), ping()),
    "a token that is true": after_start(tools(params={"_meta": {"progressToken": True}}), ping()),
    "a null token": after_start(tools(params={"_meta": {"progressToken": None}}), ping()),
    "more meta": after_start(ping(params={"_meta": {"progressToken": 1, "a": 1}}), tools()),
    "more params": after_start(ping(params={"a": 1}), tools(params={"a": 1}), ping(6)),
    "more members": after_start(ping(more=1), tools(more=1), ping(6)),
    "a result as well": after_start(ping(result={}), tools()),
    "cancel of an answered request": after_start(tools(), 2, cancel(2), ping(), tools(2)),
    "cancel of the handshake": after_start(1, cancel(1), tools()),
    "cancel of a waiting call": after_start(call(4), cancel(4), tools(), ping(4)),
    "cancel of a later request": after_start(cancel(9), ping(9), tools()),
    "setLevel": after_start(
        line(id=5, method="logging/setLevel", params={"level": "info"}), tools()
    ),
    "prompts and resources": after_start(
        line(id=5, method="prompts/list"), tools(), line(id=6, method="resources/list")
    ),
    "templates": after_start(templates(), tools(), call(), templates(8), ping(6)),
    "templates from a cursor": after_start(templates(params={"cursor": "x"}), tools()),
    "a read": after_start(
        line(id=5, method="resources/read", params={"uri": "image://models"}), tools(), ping(6)
    ),
    "an unknown method": after_start(line(id=5, method="no/such"), tools()),
    "a method in capitals": after_start(line(id=5, method="Tools/List"), tools()),
    "a method with spaces": after_start(line(id=5, method=" ping"), tools()),
    "a method that is a number": after_start(line(id=5, method=1), tools()),
    "an unknown tool": after_start(tools(), call(name="none")),
    "a call without a name": after_start(line(id=5, method="tools/call", params={}), tools()),
    "roots changed": after_start(line(method="notifications/roots/list_changed"), tools(), ping()),
    "an unknown notification": after_start(line(method="notifications/none"), tools()),
    "initialized with params": after_start(
        line(method="notifications/initialized", params={"_meta": {}}), tools()
    ),
    "initialized with an ID": after_start(line(id=5, method="notifications/initialized"), tools()),
    "a result": after_start(line(id=5, result={}), tools()),
    "an error": after_start(line(id=5, error={"code": 1, "message": "x"}), tools()),
    "a list of messages": after_start(b"[" + ping() + b"," + tools() + b"]", tools(6)),
    "an empty list": after_start(b"[]", tools()),
    "no JSON": after_start(b"hello", tools()),
    "half a message": after_start(ping()[:-9], tools()),
    "two messages in a line": after_start(ping() + tools(), tools(6)),
    "a number": after_start(b"7", tools()),
    "blank lines": after_start(b"", b"  \t", b"\r", tools(), b"", ping()),
    "odd blanks": after_start(b"\x0b\x0c", b"\x1c", tools(), b"\x00", ping()),
    "CRLF": lambda version: [each + b"\r" for each in (start(version), INITIALIZED, tools())],
    "a byte order mark": lambda version: [b"\xef\xbb\xbf" + start(version), tools()],
    "a byte order mark later": after_start(b"\xef\xbb\xbf" + tools(), ping()),
    "UTF-16": after_start(ping().decode().encode("utf-16-le"), tools()),
    "Latin-1": lambda version: [
        start(version, clientInfo={"name": "é", "version": "1"}).decode().encode("latin-1"),
        tools(),
    ],
    "blanks around": after_start(b" \t" + tools() + b" \t", b"\x0b" + ping()),
    "blanks within": after_start(b'{ "jsonrpc" : "2.0" ,\t"id" : 5 , "method" : "ping" }', tools()),
    "blanks in a key": after_start(b'{"jsonrpc":"2.0","id ":5,"method":"ping"}', tools()),
    "an escape in a key": after_start(b'{"jsonrpc":"2.0","\\u0069d":5,"method":"ping"}', tools()),
    "an escape in a method": after_start(
        b'{"jsonrpc":"2.0","id":5,"method":"tools\\/list"}', ping()
    ),
    "an escape in an ID": after_start(b'{"jsonrpc":"2.0","id":"\\u00e9","method":"ping"}', tools()),
    "half a character in an ID": after_start(
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', tools()
    ),
    "half a character in params": after_start(
        b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"_meta":{"a":"\\ud800"}}}', tools()
    ),
    "a repeated ID": after_start(b'{"jsonrpc":"2.0","id":5,"id":6,"method":"ping"}', tools()),
    "a repeated method": after_start(
        b'{"jsonrpc":"2.0","id":5,"method":"ping","method":"tools/list"}', tools()
    ),
    "repeated params": after_start(
        b'{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"cursor":"x"},"params":{}}',
        tools(),
    ),
    "NaN": after_start(b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}', tools()),
    "Infinity": after_start(
        b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":-Infinity}}', tools()
    ),
    "minus zero": after_start(b'{"jsonrpc":"2.0","id":-0,"method":"ping"}', tools()),
    "an exponent": after_start(b'{"jsonrpc":"2.0","id":1e2,"method":"ping"}', tools()),
    "a leading zero": after_start(b'{"jsonrpc":"2.0","id":05,"method":"ping"}', tools()),
    "digits of another script": after_start(
        '{"jsonrpc":"2.0","id":٥,"method":"ping"}'.encode(), tools()
    ),
    "another JSON-RPC": after_start(b'{"jsonrpc":"1.0","id":5,"method":"ping"}', tools()),
    "no JSON-RPC": after_start(b'{"id":5,"method":"ping"}', tools()),
    "a JSON-RPC number": after_start(b'{"jsonrpc":2.0,"id":5,"method":"ping"}', tools()),
    "no method": after_start(b'{"jsonrpc":"2.0","id":5}', tools()),
    "a trailing comma": after_start(b'{"jsonrpc":"2.0","id":5,"method":"ping",}', tools()),
    "a comment": after_start(b'{"jsonrpc":"2.0","id":5,"method":"ping"}//', tools()),
    "a control character": after_start(b'{"jsonrpc":"2.0","id":"\x01","method":"ping"}', tools()),
    "a deep message": after_start(deep(60), tools()),
    "a message that is too deep": after_start(deep(3_000), tools()),
    "a long line": after_start(ping("x" * 70_000), tools()),
    "a long call": after_start(tools(), call(arguments={"query": "x" * 300_000}), ping()),
    "nothing": lambda _: [],
    **{
        f"an ID that is {name}": after_start(ping(number), tools(number), ping(6))
        for name, number in IDS.items()
    },
}

MODERN_IDS: dict[str, Script] = {
    f"an ID that is {name}": lambda v, number=number: [modern(v, number=number), modern(v)]  # type: ignore[misc] # its default binds the loop's value
    for name, number in IDS.items()
}
VERSIONED = (
    "a call before the list",
    "a call after the list",
    "calls and lists",
    "a cursor",
    "empty params",
    "null params",
    "a token",
    "more meta",
    "more params",
    "cancel of a waiting call",
    "setLevel",
    "prompts and resources",
    "an unknown method",
    "roots changed",
    "CRLF",
    "blanks within",
)
"""Requests for each of the versions; the others are about JSON, which is the same in all."""
CONVERSATIONS: dict[str, list[Step]] = {
    **{
        f"{version}: {name}": script(version)
        for version in LEGACY
        for name, script in {**HANDSHAKES, **REQUESTS}.items()
        if version == LEGACY[-1] or name in HANDSHAKES or name in VERSIONED
    },
    **{
        f"{version}: {name}": script(version)
        for version in MODERN
        for name, script in {**MODERN_REQUESTS, **MODERN_IDS}.items()
    },
    **{
        f"{version}: after discover, {name}": [
            modern(version, "server/discover"),
            *REQUESTS[name](LEGACY[-1])[2:],
            modern(version),
        ]
        for version in MODERN
        for name in VERSIONED
        if name != "CRLF"
    },
}
