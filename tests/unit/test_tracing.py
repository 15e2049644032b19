"""The SDK's spans are created only where a tracer reads them."""

from pathlib import Path

import pytest
from opentelemetry.trace import NoOpTracerProvider, ProxyTracerProvider, TracerProvider

from entrypoints.bootstrap.container import Container
from entrypoints.mcp import server as mcp_server
from tests.testkit.fakes import settings_in


async def _no_container() -> Container:
    raise AssertionError("only a call opens the container")


@pytest.mark.parametrize(
    ("provider", "traced"), [(ProxyTracerProvider(), False), (NoOpTracerProvider(), True)]
)
def test_messages_are_traced_only_with_a_tracer(
    provider: TracerProvider, traced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_server, "get_tracer_provider", lambda: provider)
    server = mcp_server.build_server(_no_container, settings_in(tmp_path))
    assert [type(each).__name__ for each in server.middleware] == (
        ["OpenTelemetryMiddleware"] if traced else []
    ), "the SDK has no other middleware of its own that could be dropped with it"
