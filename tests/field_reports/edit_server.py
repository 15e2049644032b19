"""A server that the tests of a module share."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.asgi_client import asgi_client
from tests.e2e.transports import settings_for
from tests.field_reports.edits import Editor
from tests.standin import StandIn


@pytest.fixture(scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """One server for the tests of a module."""
    with StandIn() as api:
        async with asgi_client(settings_for(api, tmp_path_factory.mktemp("server"))) as client:
            yield Editor(api=api, client=client)
