"""The files and the guide for operators match the code."""

import ast
import json
import re

import pytest

from entrypoints.config.settings import Settings
from entrypoints.http.connection_limits import Connection
from entrypoints.http.routes.mcp_endpoint import MAX_SESSIONS, SESSION_IDLE_TIMEOUT
from entrypoints.http.security.body_limits import (
    MAX_BODY_BYTES,
    MAX_TOTAL_BODY_BYTES,
    MIN_BYTES_PER_SECOND,
    START_TIMEOUT,
)
from tests.architecture.checkout import PACKAGES, ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
GUIDE = (ROOT / "docs" / "operating.md").read_text("utf-8")
GRACE = Settings.model_fields["shutdown_grace"].default


def test_compose_publishes_port_3000_to_this_machine_only() -> None:
    ports = re.search(r"^    ports:\n((?:      - .*\n)+)", COMPOSE, re.MULTILINE)
    assert ports
    assert ports[1].split() == ["-", '"127.0.0.1:3000:3000"']
    assert "PORT=3000" in DOCKERFILE
    assert "EXPOSE 3000" in DOCKERFILE


def test_compose_passes_on_every_setting_except_those_of_the_image() -> None:
    names = re.findall(r"^      ([A-Z_]+):", COMPOSE, re.MULTILINE)
    of_the_image = {"HOST", "PORT", "OUTPUT_DIR", "DATA_DIR", "CACHE_DIR"}
    assert of_the_image <= {*re.findall(r"^    ([A-Z_]+)=", DOCKERFILE, re.MULTILINE)}
    assert sorted(names) == sorted({*map(str.upper, Settings.model_fields)} - of_the_image)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [(COMPOSE, r"stop_grace_period: (\d+)s"), (GUIDE, r"TimeoutStopSec=(\d+)")],
    ids=["compose", "systemd"],
)
def test_the_stop_timeout_is_longer_than_the_grace_period(text: str, pattern: str) -> None:
    found = re.search(pattern, text)
    assert found
    assert int(found[1]) > GRACE + 2


def test_the_docker_image_copies_only_its_sources() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert set(PACKAGES) <= sources
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line[0] == "!"} == sources
    assert all((ROOT / source).exists() for source in sources)


def test_the_container_runs_as_a_user_that_owns_only_its_volumes() -> None:
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    volumes = re.search(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)
    assert volumes
    folders = re.findall(r"\s(?:OUTPUT|DATA|CACHE)_DIR=(\S+)", DOCKERFILE)
    assert json.loads(volumes[1]) == folders == ["/pictures", "/data", "/cache"]
    assert all(f":{folder}\n" in COMPOSE for folder in folders)


def test_the_health_check_is_valid_python() -> None:
    command = re.search(r"^    CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    assert command
    *_, source = json.loads(command[1])
    ast.parse(source)
    assert "'/livez'" in source


def test_the_docker_image_and_the_systemd_unit_limit_memory_equally() -> None:
    limits = sorted(re.findall(r"MALLOC_\w+_=\d+", DOCKERFILE))
    assert len(limits) == 3
    assert sorted(re.findall(r"MALLOC_\w+_=\d+", GUIDE)) == limits


@pytest.mark.parametrize(
    "row",
    [
        f"| connections | {Connection.max_connections:,} |",
        f"| headers of a request | {Connection.header_timeout:.0f} s, about "
        f"{Connection.max_head_bytes // 1024} KiB |",
        f"| pipelined requests on one connection | {Connection.max_pipelined} |",
        f"| a body | {MAX_BODY_BYTES // 2**20} MiB:",
        f"| bodies at once | {MAX_TOTAL_BODY_BYTES // 2**20} MiB |",
        f"| sending a body | {START_TIMEOUT:.0f} s, plus 1 s for each "
        f"{MIN_BYTES_PER_SECOND // 1000} kB received |",
        f"| reading a response | {Connection.min_write_rate // 1000} kB a second, measured over "
        f"{Connection.write_timeout:.0f} s |",
        f"| a connection between requests | {Connection.idle_timeout:.0f} s; "
        f"{Connection.crowded_idle_timeout:.0f} s while more than "
        f"{Connection.max_connections // 2} are open |",
        f"| MCP sessions | {MAX_SESSIONS:,}; {SESSION_IDLE_TIMEOUT / 60:.0f} minutes",
    ],
)
def test_the_guide_lists_the_limits_of_the_code(row: str) -> None:
    assert row in GUIDE
