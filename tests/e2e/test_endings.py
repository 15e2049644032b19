"""However a stdio server is shut down, no charged image is lost."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.e2e.host import INITIALIZE, SERVER, Host, text_of, to_lines
from tests.standin import StandIn, faults

Environment = dict[str, str]


def states(environment: Environment) -> list[str]:
    with sqlite3.connect(Path(environment["DATA_DIR"]) / "records.sqlite3") as connection:
        rows = connection.execute("SELECT state FROM jobs").fetchall()
    connection.close()
    return [row[0] for row in rows]


def test_an_idle_server_exits_when_its_input_ends(environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        started = time.monotonic()
        host.close_input()
        assert host.wait_for_exit() == 0
        assert time.monotonic() - started < 10


def test_calls_before_the_end_of_input_get_their_replies(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.5)
    with Host(environment) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "a red bridge"})
        host.close_input()
        assert text_of(host.response(number)).startswith("Generated 1 image(s)")
        assert host.wait_for_exit() == 0
    assert states(environment) == ["stored"]


def test_sigterm_finishes_running_calls_and_rejects_new_ones(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(1.5)
    with Host(environment) as host:
        host.initialize()
        running = host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        host.terminate()
        late = host.call("generate_image", {"prompt": "too late"})
        assert "shutting down" in text_of(host.response(late))
        assert text_of(host.response(running)).startswith("Generated 1 image(s)")
        assert host.wait_for_exit() == 0
    assert len(openai_api.posts) == 1


def test_a_call_beyond_the_grace_period_is_recorded_as_unknown(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.hang()
    with Host(environment | {"SHUTDOWN_GRACE": "2"}) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        started = time.monotonic()
        host.terminate()
        assert "A charge is possible. [Error outcome_unknown" in text_of(host.response(number))
        assert host.wait_for_exit() == 0
        assert time.monotonic() - started < 2 + 1.5
    assert states(environment) == ["unknown"]


@pytest.mark.parametrize("end", [Host.terminate, Host.close_input], ids=["signal", "input"])
def test_a_hanging_disk_does_not_delay_the_exit(
    end: Callable[[Host], None], openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.5)
    with Host(environment | {"SHUTDOWN_GRACE": "2"}) as host:
        host.initialize()
        host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        records = Path(environment["DATA_DIR"]) / "records.sqlite3"
        with closing(sqlite3.connect(records, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            started = time.monotonic()
            end(host)
            assert host.wait_for_exit() in (0, 1)
            assert time.monotonic() - started < 2 + 1.5


def test_a_host_that_reads_no_output_does_not_delay_the_exit(environment: Environment) -> None:
    server = subprocess.Popen(
        [SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {"SHUTDOWN_GRACE": "1"},
        cwd="/",
    )
    with server:
        assert server.stdin is not None
        requests = [{"id": number, "method": "tools/list"} for number in range(2, 60)]
        # The responses exceed a pipe's buffer.
        server.stdin.write(to_lines(INITIALIZE, *requests))
        server.stdin.close()
        assert server.wait(10) == 0


def test_a_second_signal_exits_at_once(openai_api: StandIn, environment: Environment) -> None:
    openai_api.default = faults.hang()
    with Host(environment) as host:
        host.initialize()
        host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        host.terminate()
        late = host.call("generate_image", {"prompt": "too late"})
        host.response(late)  # the first signal was handled
        started = time.monotonic()
        host.terminate()
        assert host.wait_for_exit() == 1
        assert time.monotonic() - started < 5
    assert states(environment) == ["dispatched"]


def test_a_canceled_call_gets_no_reply_and_its_image_is_stored(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.8)
    with Host(environment) as host:
        host.initialize()
        number = host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        host.notify("notifications/cancelled", {"requestId": number})
        host.close_input()
        assert host.wait_for_exit() == 0
        assert not any(each.get("id") == number for each in host.messages())
    assert states(environment) == ["stored"]
    (stored,) = Path(environment["OUTPUT_DIR"]).glob("*.png")
    assert sha256(stored.read_bytes()).hexdigest() in openai_api.ledger[0].digests


def test_the_image_is_stored_if_the_host_vanishes(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.8)
    call = {"name": "generate_image", "arguments": {"prompt": "a red bridge"}}
    server = subprocess.Popen(
        [SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/"
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(to_lines(INITIALIZE, {"id": 2, "method": "tools/call", "params": call}))
    server.stdin.flush()
    openai_api.wait_for_calls(1, timeout=20)
    server.stdout.close()
    server.stdin.close()
    assert server.wait(20) == 0
    assert states(environment) == ["stored"]
