"""Whatever the input is, every recognizable request gets a response."""

import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mcp_types import JSONRPCResponse

from entrypoints.mcp.stdio_transport import _line
from tests.conftest import environment_in
from tests.e2e.host import INITIALIZE, SERVER, Host, text_of, to_lines
from tests.standin import StandIn, faults

Environment = dict[str, str]
NESTED = b"[" * 200_000 + b"]" * 200_000


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One server for all lines; none of them delays its exit."""
    with StandIn() as api, Host(environment_in(tmp_path_factory.mktemp("server"), api)) as host:
        host.initialize()
        yield host
        started = time.monotonic()
        host.close_input()
        assert host.wait_for_exit(10) == 0
        assert time.monotonic() - started < 5
        assert api.posts == []


def write_line(host: Host, line: bytes) -> None:
    assert host.process.stdin is not None
    host.process.stdin.write(line + b"\n")
    host.process.stdin.flush()


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":"\xff","method":"\xff"}',
        b'{"jsonrpc":"2.0","id":50,"method":"x","params":{"a":' + NESTED + b"}}",
        NESTED,
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
        b'{"jsonrpc":"2.0","id":50,"method":"\\ud800"}',
        b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"ping"}',
    ],
    ids=["no UTF-8", "nested params", "nested", "half an id", "half a method", "a huge id"],
)
def test_the_server_reads_on_after_any_line(line: bytes, host: Host) -> None:
    write_line(host, line)
    assert host.request("ping")["result"] == {}


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (53, b'{"jsonrpc":"2.0","id":53,"method":"tools/list","params":[]}'),
        (51, b'{"id":51,"method":"ping"}'),
        (52, b'{"jsonrpc":"2.0","id":52,"method":5}'),
    ],
    ids=["params in an array", "no version", "a number for a method"],
)
def test_an_invalid_request_is_rejected(number: int, line: bytes, host: Host) -> None:
    write_line(host, line)
    assert host.response(number)["error"]["code"] == -32600


def write_call(host: Host, number: int, params: bytes) -> None:
    write_line(
        host, b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{%b}}' % (number, params)
    )


@pytest.mark.parametrize(
    ("number", "params"),
    [
        (60, b'"name":"generate_image","arguments":{"prompt":"a bridge","\\ud800":1}'),
        (61, b'"name":"generate_image","arguments":{"prompt":"a bridge","size":"\\ud800"}'),
        (62, b'"name":"\\ud800","arguments":{}'),
    ],
    ids=["an argument's name", "an argument", "a tool's name"],
)
def test_a_lone_surrogate_anywhere_in_a_call_gets_a_response(
    number: int, params: bytes, host: Host
) -> None:
    write_call(host, number, params)
    response = host.response(number)
    assert "error" in response or response["result"]["isError"]
    assert host.request("ping")["result"] == {}


def test_a_lone_surrogate_in_a_prompt_is_an_invalid_request(host: Host) -> None:
    write_call(host, 63, b'"name":"generate_image","arguments":{"prompt":"a \\ud83c bridge"}')
    assert "invalid_request" in text_of(host.response(63))


def test_a_lone_surrogate_in_a_response_is_replaced() -> None:
    response = JSONRPCResponse(jsonrpc="2.0", id=1, result={"é\n": "half \ud800"})
    line = _line(response)
    assert line.count(b"\n") == 1
    assert json.loads(line)["result"] == {"é\n": "half ?"}


@pytest.mark.parametrize(("number", "canceled"), [(0, 0), (7, "7")])
def test_a_canceled_call_does_not_delay_the_exit(
    number: int, canceled: int | str, environment: Environment, openai_api: StandIn
) -> None:
    openai_api.default = faults.slow(0.5)
    with Host(environment | {"SHUTDOWN_GRACE": "12"}) as host:
        host.initialize()
        host._number = number - 1
        assert host.call("generate_image", {"prompt": "a red bridge"}) == number
        openai_api.wait_for_calls(1, timeout=20)
        host.notify("notifications/cancelled", {"requestId": canceled})
        started = time.monotonic()
        host.close_input()
        assert host.wait_for_exit() == 0
        assert time.monotonic() - started < 6


def test_a_slow_disk_does_not_block_the_server(environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        host.response(host.call("generate_image", {"prompt": "first"}))
        records = Path(environment["DATA_DIR"]) / "records.sqlite3"
        with closing(sqlite3.connect(records, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            for number in range(40):
                host.call("generate_image", {"prompt": f"image {number}"})
            started = time.monotonic()
            while time.monotonic() - started < 1:  # until every call has reached the disk
                assert host.response(host.send("ping"), 3)


def test_a_server_without_standard_error_works(environment: Environment) -> None:
    call = {"name": "generate_image", "arguments": {"prompt": "a red bridge"}}
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec '{SERVER}' 2>&-"],
        input=to_lines(INITIALIZE, {"id": 2, "method": "tools/call", "params": call}),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
        timeout=30,
    )
    _, response = map(json.loads, done.stdout.splitlines())
    assert text_of(response).startswith("Generated 1 image(s)")
