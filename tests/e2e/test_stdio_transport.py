"""Whatever comes over the pipes, every request that can be told apart is answered."""

import json
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from mcp_types import JSONRPCResponse

from entrypoints.mcp.stdio_transport import _line
from tests.e2e.host import INITIALIZE, SERVER, Host, text_of, to_lines
from tests.standin import StandIn, faults

Environment = dict[str, str]
NESTED = b"[" * 200_000 + b"]" * 200_000
GENERATE = b'{"jsonrpc":"2.0","id":50,"method":"tools/call","params":{"name":"generate_image",'


def say(host: Host, line: bytes) -> None:
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
def test_no_line_makes_the_server_deaf(line: bytes, environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        say(host, line)
        assert host.request("ping")["result"] == {}
        host.close_input()
        assert host.wait_for_exit(10) == 0


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":50,"method":"tools/list","params":[]}',
        b'{"id":50,"method":"ping"}',
        b'{"jsonrpc":"2.0","id":50,"method":5}',
    ],
    ids=["params in an array", "no version", "a number for a method"],
)
def test_a_request_that_is_none_is_refused_and_not_waited_for(
    line: bytes, environment: Environment
) -> None:
    with Host(environment) as host:
        host.initialize()
        say(host, line)
        assert host.response(50)["error"]["code"] == -32600
        started = time.monotonic()
        host.close_input()
        assert host.wait_for_exit() == 0
        assert time.monotonic() - started < 5


def test_half_a_character_in_a_prompt_is_an_error_that_names_it(
    openai_api: StandIn, environment: Environment
) -> None:
    with Host(environment) as host:
        host.initialize()
        say(host, GENERATE + b'"arguments":{"prompt":"a \\ud83c bridge"}}}')
        assert "invalid_request" in text_of(host.response(50))
    assert openai_api.posts == []


@pytest.mark.parametrize(
    "arguments",
    [
        b'"arguments":{"prompt":"a bridge","\\ud800":1}}}',
        b'"arguments":{"prompt":"a bridge","size":"\\ud800"}}}',
        b'"name":"\\ud800","arguments":{}}}',
    ],
    ids=["an argument's name", "an argument", "a tool's name"],
)
def test_half_a_character_anywhere_in_a_call_is_answered(
    arguments: bytes, environment: Environment
) -> None:
    with Host(environment) as host:
        host.initialize()
        say(host, GENERATE + arguments)
        answer = host.response(50)
        assert "error" in answer or answer["result"]["isError"]
        assert host.request("ping")["result"] == {}


def test_an_answer_with_half_a_character_is_sent_without_it() -> None:
    answer = JSONRPCResponse(jsonrpc="2.0", id=1, result={"é\n": "half \ud800"})
    line = _line(answer)
    assert line.count(b"\n") == 1
    assert json.loads(line)["result"] == {"é\n": "half ?"}


@pytest.mark.parametrize(("number", "canceled"), [(0, 0), (7, "7")])
def test_a_canceled_call_is_not_waited_for(
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


def test_a_slow_disk_does_not_mute_the_server(environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        host.response(host.call("generate_image", {"prompt": "first"}))
        records = Path(environment["DATA_DIR"]) / "records.sqlite3"
        with closing(sqlite3.connect(records, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            for number in range(40):
                host.call("generate_image", {"prompt": f"picture {number}"})
            started = time.monotonic()
            while time.monotonic() - started < 1:  # until every call has come to the disk
                assert host.response(host.send("ping"), 3)


def test_a_server_without_standard_error_serves(environment: Environment) -> None:
    call = {"name": "generate_image", "arguments": {"prompt": "a red bridge"}}
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec '{SERVER}' 2>&-"],
        input=to_lines(INITIALIZE, {"id": 2, "method": "tools/call", "params": call}),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
        timeout=30,
    )
    _, answer = map(json.loads, done.stdout.splitlines())
    assert text_of(answer).startswith("Generated 1 image(s)")
