"""Replies are decoded by msgspec, and leniently by Python's own decoder where that refuses them."""

import json
import math
from typing import Any

import pytest

from adapters.openai.replies import reply_json
from adapters.openai.replies.reply_json import DECODER, MAX_DIGITS, parse_json
from adapters.openai.replies.reply_reader import _json_lines

IMAGE = json.dumps({"data": [{"b64_json": "iVBORw0KGgo" * 9}], "usage": {"input_tokens": 3}})


def lenient(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    return DECODER.decode(data.decode("utf-8-sig", errors="replace"))


@pytest.mark.parametrize(
    "data",
    [
        IMAGE.encode(),
        b"\xef\xbb\xbf" + IMAGE.encode(),
        json.dumps(json.loads(IMAGE), indent=2).encode(),
        b'{"a": 1, "a": 2}',
        b'{"revised_prompt": "\\ud83d"}',
        b'{"revised_prompt": "\xe9t\xe9 \xf0\x9f\x8c"}',
        '{"revised_prompt": "é🌉\u2028"}'.encode(),
        b'{"cost": Infinity, "other": -Infinity}',
        b'{"cost": 1e400, "small": 1e-400, "float": 0.1}',
        b'{"created": ' + b"9" * MAX_DIGITS + b"}",
        b'{"created": -' + b"9" * MAX_DIGITS + b"}",
        b'{"created": ' + b"9" * (MAX_DIGITS + 1) + b"}",
        b'[[{"created": ' + b"9" * 5_000 + b"}]]",
        b'  "a text"  ',
        b"null",
    ],
)
def test_both_decoders_give_the_same_value(data: bytes) -> None:
    value = parse_json(data)
    assert value == lenient(data)
    assert json.dumps(value) == json.dumps(lenient(data)), "the same types, too"


def test_long_integers_become_floats() -> None:
    assert parse_json(b'[{"n": ' + b"9" * 5_000 + b"}]") == [{"n": math.inf}]
    assert isinstance(parse_json(b"1" * (MAX_DIGITS + 1)), float)
    assert isinstance(parse_json(b"1" * MAX_DIGITS), int)


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": "\x01"}', b"{} {}", b"{'a': 1}"])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(data)


def test_a_usual_reply_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bytes) -> object:
        raise AssertionError("decoded again")

    monkeypatch.setattr(reply_json, "_parse_leniently", refuse)
    assert parse_json(IMAGE.encode()) == json.loads(IMAGE)


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (IMAGE.encode(), []),
        (IMAGE.encode() + b"\r\n", []),
        (json.dumps(json.loads(IMAGE), indent=2).encode(), []),
        (b'{"a": 1}\n{"b": 2}', [b'{"a": 1}', b'{"b": 2}']),
        (b'\n {"a": 1} \r\r\n\n {"b": 2}\n', [b'{"a": 1}', b'{"b": 2}']),
        (b'{"a": 1}\n"b"', []),
        (b'"a"\n{"b": 2}', []),
    ],
)
def test_json_objects_in_lines_are_told_from_one_object(raw: bytes, lines: list[bytes]) -> None:
    assert _json_lines(raw) == lines
