"""Azure OpenAI: deployments, versions, keys and tokens, and errors that name its settings."""

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.openai.vendors import token_command
from adapters.openai.vendors.azure import AzureImages, EntraToken, azure_connection
from adapters.openai.vendors.token_command import TokenCommand
from application.ports.image_provider import Delivered
from domain.errors import ChargeStatus
from domain.provider_errors import (
    CredentialsRejected,
    ModelNotFound,
    NoCredentials,
    ProviderError,
    RequestRefused,
)
from domain.requests import EditRequest, GenerateRequest
from tests.conftest import KEY
from tests.standin import StandIn, faults
from tests.standin.azure import TOKEN
from tests.testkit.fakes import job_for, small_image

DEPLOYMENTS = {"gpt-image-2.6-flare": "my-flare", "gpt-image-2": "studio"}
DATED = "2025-04-01-preview"
pytestmark = pytest.mark.anyio


@asynccontextmanager
async def azure(
    resource: str,
    *,
    key: str | None = KEY,
    version: str = DATED,
    token: EntraToken | None = None,
    models_file: Path | None = None,
) -> AsyncIterator[AzureImages]:
    connection = azure_connection(
        resource=resource, api_key=key, api_version=version, timeout=20, deadline=30, token=token
    )
    provider = AzureImages(connection, deployments=DEPLOYMENTS, models_file=models_file)
    try:
        yield provider
    finally:
        await provider.close()


async def call(provider: AzureImages, **fields: Any) -> Delivered:  # noqa: ANN401 - of GenerateRequest or EditRequest
    kind = EditRequest if "images" in fields else GenerateRequest
    request = kind(**{"prompt": "a hill", "model": "gpt-image-2.6-flare", **fields})
    job = job_for(request, card=provider.catalog.choose(request.model, TODAY).card)
    stream = provider.edit(job) if isinstance(request, EditRequest) else provider.generate(job)
    async with aclosing(stream) as events:
        *_, last = [event async for event in events]
    assert isinstance(last, Delivered)
    return last


async def refusal(provider: AzureImages, **fields: Any) -> ProviderError:  # noqa: ANN401 - of GenerateRequest
    with pytest.raises(ProviderError) as raised:
        await call(provider, **fields)
    return raised.value


TODAY = job_for().created_at.date()
EDIT = {"images": (small_image("teal", (64, 64)),)}


@pytest.mark.parametrize("fields", [{}, EDIT], ids=["generate", "edit"])
@pytest.mark.parametrize("model", [*DEPLOYMENTS])
async def test_a_model_is_called_as_its_deployment_with_the_version(
    openai_api: StandIn, model: str, fields: dict[str, Any]
) -> None:
    async with azure(openai_api.azure_url + "/") as provider:
        delivered = await call(provider, model=model, **fields)
    assert len(delivered.images) == 1
    (post,) = openai_api.posts
    action = "edits" if fields else "generations"
    assert post.path == f"/openai/deployments/{DEPLOYMENTS[model]}/images/{action}"
    assert post.query == {"api-version": DATED}
    assert post.headers["api-key"] == KEY
    assert "authorization" not in post.headers


async def test_version_v1_has_no_dates_and_names_the_deployment_as_the_model(
    openai_api: StandIn,
) -> None:
    async with azure(openai_api.azure_url, version="v1") as provider:
        await call(provider)
    (post,) = openai_api.posts
    assert (post.path, post.query) == ("/openai/v1/images/generations", {})
    assert post.headers["api-key"] == KEY
    assert post.fields["model"] == "my-flare"


@pytest.mark.parametrize("version", [DATED, "v1"])
async def test_a_token_of_entra_is_asked_for_before_each_call(
    openai_api: StandIn, version: str
) -> None:
    tokens = iter([f"{TOKEN}-1", f"{TOKEN}-2"])

    async def token() -> str:
        return next(tokens)

    async with azure(openai_api.azure_url, key=None, version=version, token=token) as provider:
        await call(provider)
        await call(provider)
    sent = [
        (post.headers["authorization"], post.headers.get("api-key")) for post in openai_api.posts
    ]
    assert sent == [(f"Bearer {TOKEN}-1", None), (f"Bearer {TOKEN}-2", None)]


async def test_a_key_counts_more_than_a_token(openai_api: StandIn) -> None:
    async def token() -> str:
        raise AssertionError

    async with azure(openai_api.azure_url, token=token) as provider:
        await call(provider)


@pytest.mark.parametrize("version", [DATED, "v1"])
async def test_nothing_of_openai_is_sent_to_azure(
    openai_api: StandIn, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "of-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: of-openai\nAuthorization: of-openai")
    async with azure(openai_api.azure_url, version=version) as provider:
        await call(provider)
    assert "of-openai" not in str(openai_api.posts[0].headers)
    assert "authorization" not in openai_api.posts[0].headers


async def test_a_call_has_usage_and_no_invented_cost(openai_api: StandIn) -> None:
    async with azure(openai_api.azure_url) as provider:
        delivered = await call(provider)
        card = provider.catalog.choose(None, TODAY).card
    assert delivered.usage is not None
    assert card.is_known
    assert (card.cost(delivered.usage), card.estimate(GenerateRequest(prompt="x"))) == (None, None)


async def test_a_price_of_the_operator_counts(openai_api: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(PRICED)
    async with azure(openai_api.azure_url, models_file=file) as provider:
        delivered = await call(provider, model="gpt-image-2")
        cards = {card.name: card for card in provider.catalog.cards}
    assert cards["gpt-image-2"].cost(delivered.usage)
    assert cards["gpt-image-2.6-flare"].pricing is None


PRICED = """
[prices.azure]
text_in = "6"
image_in = "9"
out = "33"
as_of = 2026-11-28

[[models]]
name = "gpt-image-2"
sizes = "free"
qualities = ["auto", "low", "medium", "high"]
price = "azure"
"""


async def test_the_dates_of_openai_do_not_hold_in_azure(openai_api: StandIn) -> None:
    connection = azure_connection(
        resource=openai_api.azure_url, api_key=KEY, api_version=DATED, timeout=20, deadline=30
    )
    provider = AzureImages(connection, deployments={"gpt-image-1": "old"})
    chosen = provider.catalog.choose("gpt-image-1", TODAY)
    assert (chosen.model, chosen.notes) == ("gpt-image-1", ())
    await provider.close()


async def test_any_other_name_is_that_of_a_deployment(openai_api: StandIn) -> None:
    async with azure(openai_api.azure_url) as provider:
        await call(provider, model="studio")
        error = await refusal(provider, model="nowhere")
    assert isinstance(error, ModelNotFound)
    assert error.charged is ChargeStatus.NO
    assert "has no deployment 'nowhere'" in error.message
    assert "AZURE_OPENAI_DEPLOYMENTS" in error.hint


async def test_errors_name_the_settings_of_azure(openai_api: StandIn) -> None:
    async with azure(openai_api.azure_url, key=None) as provider:
        missing = await refusal(provider)
    async with azure(openai_api.azure_url, version="never") as provider:
        version = await refusal(provider)
    async with azure(openai_api.azure_url) as provider:
        openai_api.script(faults.status(401, error_code="401", message="Access denied."))
        denied = await refusal(provider)
    assert isinstance(missing, NoCredentials)
    assert "AZURE_OPENAI_API_KEY" in missing.message
    assert isinstance(version, RequestRefused)
    assert "AZURE_OPENAI_API_VERSION" in version.hint
    assert isinstance(denied, CredentialsRejected)
    assert "AZURE_OPENAI_API_KEY" in denied.hint
    assert not any("OPENAI_BASE_URL" in f"{e.message} {e.hint}" for e in (missing, version, denied))


def python(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


async def test_a_command_prints_the_token_and_runs_once_a_minute(
    openai_api: StandIn, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    command = python(f"open('{runs}', 'a').write('x'); print(' {TOKEN}-c ')")
    token = TokenCommand(command)
    async with azure(openai_api.azure_url, key=None, token=token) as provider:
        await call(provider)
        await call(provider)
    assert {post.headers["authorization"] for post in openai_api.posts} == {f"Bearer {TOKEN}-c"}
    assert runs.read_text() == "x"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/az", "could not be started"),
        (python("print('s3cret'); raise SystemExit(3)"), "ended with status 3"),
        (python("pass"), "printed no token"),
        (python("print('s3cret\\nof two lines')"), "printed no token"),
        (python("import time; time.sleep(60)"), "printed no token in 0.5 s"),
    ],
    ids=["missing", "status", "empty", "lines", "slow"],
)
async def test_a_command_that_prints_no_token_stops_the_call_before_it_is_sent(
    openai_api: StandIn, command: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_command, "SECONDS", 0.5 if "sleep" in command else 30)
    async with azure(openai_api.azure_url, key=None, token=TokenCommand(command)) as provider:
        error = await refusal(provider)
    assert isinstance(error, CredentialsRejected)
    assert said in error.message
    assert "s3cret" not in f"{error.message} {error.hint}"
    assert openai_api.posts == []
