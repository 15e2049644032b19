"""A process with a greeter and one without have equal answers, in equal order, and exit codes."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from entrypoints.mcp.greeter.recorder import record
from tests.e2e.greeter_messages import INITIALIZED, call, in_order, modern, ping, start, tools
from tests.e2e.host import SERVER

VERSION, MODERN = "2025-11-25", "2026-07-28"
CONVERSATIONS: dict[str, list[bytes]] = {
    "a call at once": [start(VERSION), INITIALIZED, tools(), call(), ping()],
    "the modern era": [modern(MODERN, "server/discover", 1), modern(MODERN, number=2)],
    "half a line": [start(VERSION), tools()[:20]],
}


@pytest.fixture(scope="module", autouse=True)
def _recording() -> None:
    asyncio.run(record())


def run(lines: list[bytes], environment: dict[str, str]) -> tuple[int, Any, bytes]:
    done = subprocess.run(
        [SERVER],
        input=b"".join(line + b"\n" for line in lines).rstrip(b"\n") if lines else b"",
        capture_output=True,
        env=environment,
        check=False,
        timeout=30,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, in_order(answers), done.stderr


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_process_answers_the_same_with_a_greeter_and_without(
    name: str, environment: dict[str, str]
) -> None:
    environment["LOG_LEVEL"] = "warning"
    with_greeter = run(CONVERSATIONS[name], environment)
    without = run(CONVERSATIONS[name], environment | {"GREETER": "off"})
    assert with_greeter == without
    assert with_greeter[0] == 0


def test_the_greeter_loads_only_small_modules(environment: dict[str, str]) -> None:
    probe = (
        "import sys, entrypoints.launcher\n"
        "from entrypoints.mcp.greeter import greeter, recording\n"
        "answers = recording.load_answers()\n"
        "print([name for name in sys.modules if name.split('.')[0] in {names!r}], len(answers) > 4)"
    ).format(names=("mcp", "mcp_types", "pydantic", "asyncio", "pathlib", "click", "msgspec"))
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{probe}"],
        capture_output=True,
        env=environment,
        check=True,
        timeout=30,
    )
    assert done.stdout == b"[] True\n"
