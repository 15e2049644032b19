"""Idle connections: they outlive the pools of clients, unless many connections are open."""

import asyncio

import pytest

from entrypoints.http.connection_limits import Connection
from tests.e2e.raw_connections import connect, listen
from tests.e2e.test_connections import HEAD, OK, REQUEST, Hasty

pytestmark = pytest.mark.anyio


class Idle(Hasty):
    """Keeps idle connections for longer than the other limits, unless more than one is open."""

    idle_timeout = 60.0
    crowded_idle_timeout = 0.1
    max_connections = 2


def test_idle_connections_outlive_the_60_seconds_of_load_balancers() -> None:
    """F30: AWS and ingress-nginx keep connections for 60 s."""
    assert Connection.idle_timeout > 60


async def test_an_idle_connection_outlives_the_limits_of_slow_clients() -> None:
    async with listen(OK, Idle) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")
        await asyncio.sleep(2 * Idle.header_timeout)
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")


async def test_idle_connections_end_early_while_many_are_open() -> None:
    async with listen(OK, Idle) as port, connect(port) as idle, connect(port) as other:
        await other.send(HEAD)
        await idle.send(REQUEST)
        assert (await idle.read_reply()).endswith(b"xx")
        assert await idle.read_to_end() == b""


async def test_an_idle_connection_ends_after_its_timeout() -> None:
    class Short(Hasty):
        idle_timeout = 0.1

    async with listen(OK, Short) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")
        assert await client.read_to_end() == b""
