"""Fixtures for tests on a stand-in: `pytest_plugins = ["tests.standin.fixtures"]` adds them."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import openai
import pytest

from tests.standin.server import StandIn

KEY = "sk-test-0123456789"


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio alone, as the project does."""
    return "asyncio"


@pytest.fixture(scope="module")
def standin_server() -> Iterator[StandIn]:
    """One server for a module's tests; the fixture `standin` clears it."""
    with StandIn() as server:
        yield server


@pytest.fixture
def standin(standin_server: StandIn) -> StandIn:
    """The module's stand-in, with an empty log and an empty script."""
    standin_server.reset()
    return standin_server


@pytest.fixture
async def sdk(standin: StandIn) -> AsyncIterator[openai.AsyncOpenAI]:
    """The real SDK on the stand-in, without retries: one call is one POST."""
    client = openai.AsyncOpenAI(api_key=KEY, base_url=standin.base_url, max_retries=0, timeout=5)
    async with client:
        yield client


@pytest.fixture(scope="module")
def http(standin_server: StandIn) -> Iterator[httpx2.Client]:
    """A plain client with a key, for requests that the SDK would not send."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx2.Client(base_url=standin_server.base_url, headers=headers) as client:
        yield client
