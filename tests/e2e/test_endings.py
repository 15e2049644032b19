"""However the server is told to end, nothing that was paid for is lost."""

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


def test_an_idle_server_ends_when_its_input_ends(environment: Environment) -> None:
    with Host(environment) as host:
        host.initialize()
        started = time.monotonic()
        host.close_input()
        assert host.wait_for_exit() == 0
        assert time.monotonic() - started < 10


def test_calls_that_came_before_the_input_ended_are_answered(
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


def test_sigterm_with_an_open_input_finishes_what_runs_and_refuses_what_comes(
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


def test_work_that_outlasts_the_grace_is_recorded_as_unknown(
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
def test_a_disk_that_hangs_does_not_keep_the_server(
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


def test_a_host_that_reads_no_answers_does_not_keep_the_server(environment: Environment) -> None:
    deaf = subprocess.Popen(
        [SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {"SHUTDOWN_GRACE": "1"},
        cwd="/",
    )
    with deaf:
        assert deaf.stdin is not None
        questions = [{"id": number, "method": "tools/list"} for number in range(2, 60)]
        deaf.stdin.write(to_lines(INITIALIZE, *questions))  # answers are more than a pipe holds
        deaf.stdin.close()
        assert deaf.wait(10) == 0


def test_a_second_signal_leaves_at_once(openai_api: StandIn, environment: Environment) -> None:
    openai_api.default = faults.hang()
    with Host(environment) as host:
        host.initialize()
        host.call("generate_image", {"prompt": "a red bridge"})
        openai_api.wait_for_calls(1, timeout=20)
        host.terminate()
        late = host.call("generate_image", {"prompt": "too late"})
        host.response(late)  # the first signal has been heard
        started = time.monotonic()
        host.terminate()
        assert host.wait_for_exit() == 1
        assert time.monotonic() - started < 5
    assert states(environment) == ["dispatched"]


def test_a_canceled_call_is_not_answered_and_its_paid_picture_is_kept(
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
    (kept,) = Path(environment["OUTPUT_DIR"]).glob("img_*.png")
    assert sha256(kept.read_bytes()).hexdigest() in openai_api.ledger[0].digests


def test_a_host_that_vanishes_loses_no_picture(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(0.8)
    call = {"name": "generate_image", "arguments": {"prompt": "a red bridge"}}
    vanishing = subprocess.Popen(
        [SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/"
    )
    assert vanishing.stdin is not None
    assert vanishing.stdout is not None
    vanishing.stdin.write(to_lines(INITIALIZE, {"id": 2, "method": "tools/call", "params": call}))
    vanishing.stdin.flush()
    openai_api.wait_for_calls(1, timeout=20)
    vanishing.stdout.close()
    vanishing.stdin.close()
    assert vanishing.wait(20) == 0
    assert states(environment) == ["stored"]
