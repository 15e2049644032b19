"""Arguments of generate_image that were read lately are not read again."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.errors import InvalidRequest
from entrypoints.jobs import submit
from entrypoints.jobs.submit import MAX_KEPT_TEXT, read_generate
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.parsing import Reading, read


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """The arguments that were read, in their order; nothing was read before."""
    seen: list[Mapping[str, Any]] = []

    def note(kind: type[GenerateArguments], arguments: Mapping[str, Any]) -> Reading[Any]:
        seen.append(arguments)
        return read(kind, arguments)

    monkeypatch.setattr(submit, "read", note)
    submit._read_flat.cache_clear()
    return seen


def test_equal_arguments_are_read_once(readings: list[Mapping[str, Any]]) -> None:
    arguments = {"prompt": "a red bridge", "n": 2, "_host": True}
    assert read_generate(dict(arguments)) == read_generate(dict(arguments))
    assert readings == [arguments]


@pytest.mark.usefixtures("readings")
def test_values_that_python_takes_for_equal_are_told_apart() -> None:
    assert read_generate({"prompt": "a bridge", "n": 1}).n == 1
    with pytest.raises(InvalidRequest, match="n must be"):
        read_generate({"prompt": "a bridge", "n": True})
    assert read_generate({"prompt": "1", "n": 1}).prompt == "1"


def test_a_fault_is_told_each_time(readings: list[Mapping[str, Any]]) -> None:
    for _ in range(2):
        with pytest.raises(InvalidRequest, match="prompt is required"):
            read_generate({"n": 1})
    assert len(readings) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompt": "x" * MAX_KEPT_TEXT},
        {"prompt": "a bridge", "_" + "x" * MAX_KEPT_TEXT: ""},
        {"prompt": ["a bridge"]},
    ],
    ids=["a long text", "a long name", "a list"],
)
def test_long_or_nested_arguments_are_not_kept(
    arguments: dict[str, Any], readings: list[Mapping[str, Any]]
) -> None:
    read_generate(arguments)
    read_generate(arguments)
    assert len(readings) == 2
