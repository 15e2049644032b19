"""Whatever the input is, every line gets its answer, and every request exactly one."""

import json
import sqlite3
import subprocess
import time
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mcp_types import JSONRPCResponse

from entrypoints.mcp.json_rpc import encode
from tests.conftest import environment_in
from tests.e2e.host import INITIALIZE, SERVER, Host, Message, text_of, to_lines
from tests.e2e.odd_messages import HALF_CHARACTERS, UNANSWERED, odd_messages, tool_call
from tests.standin import StandIn, faults

Environment = dict[str, str]


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


def answers_before_a_ping(host: Host, *lines: bytes) -> list[Message]:
    """Write the lines and then a ping; return what was answered before the ping was."""
    seen = len(host.lines)
    for line in lines:
        write_line(host, line)
    ping = host.send("ping")
    assert host.response(ping)["result"] == {}
    return [message for message in host.messages()[seen:] if message.get("id") != ping]


@pytest.mark.parametrize("name", odd_messages())
def test_what_is_no_valid_message_is_answered_once(name: str, host: Host) -> None:
    odd = odd_messages()[name]
    [answer] = answers_before_a_ping(host, odd.data)
    assert (answer["error"]["code"], answer["id"]) == (odd.code, odd.id)


OTHER_FORMS = {
    "F33 a byte order mark": BOM_UTF8 + b'{"jsonrpc":"2.0","id":8001,"method":"ping"}',
    "empty arrays": b'{"jsonrpc":"2.0","id":8001,"method":"ping","params":[]}',
    "an empty array of arguments": tool_call(8001, b'"name":"list_images","arguments":[]'),
    "JSON as text": tool_call(8001, b'"name":"list_images","arguments":"{\\"limit\\": 3}"'),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_messages_of_other_forms_are_taken(name: str, host: Host) -> None:
    number = b"81%02d" % [*OTHER_FORMS].index(name)
    write_line(host, OTHER_FORMS[name].replace(b"8001", number))
    assert not host.response(int(number))["result"].get("isError")


@pytest.mark.parametrize("name", UNANSWERED)
def test_responses_and_notifications_are_not_answered(name: str, host: Host) -> None:
    assert answers_before_a_ping(host, UNANSWERED[name]) == []


@pytest.mark.parametrize("name", HALF_CHARACTERS)
def test_half_a_character_anywhere_in_a_call_is_an_invalid_request(name: str, host: Host) -> None:
    [answer] = answers_before_a_ping(host, tool_call(7060, HALF_CHARACTERS[name]))
    assert answer["result"]["isError"]
    assert "invalid_request" in text_of(answer)


def test_a_broken_request_does_not_end_the_wait_for_a_running_one(
    environment: Environment, openai_api: StandIn
) -> None:
    """The server exits when everything is answered: the rejection of an equal ID is no answer."""
    openai_api.default = faults.slow(1)
    with Host(environment) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        write_line(host, b'{"id":%d,"method":"ping"}' % number)
        assert host.response(number)["error"]["code"] == -32600
        host.close_input()
        assert host.wait_for_exit() == 0
        assert [text_of(each)[:9] for each in host.messages() if "content" in str(each)] == [
            "Generated"
        ]


def test_a_lone_surrogate_in_a_response_is_replaced() -> None:
    response = JSONRPCResponse(jsonrpc="2.0", id=1, result={"é\n": "half \ud800"})
    line = encode(response)
    assert b"\n" not in line
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
