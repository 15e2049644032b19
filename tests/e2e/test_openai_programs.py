"""openai-node, the Vercel AI SDK and LiteLLM, unmodified, against the routes for them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KEY
from tests.e2e.client_programs import Answer, ClientProgram
from tests.e2e.loopback_server import serve
from tests.e2e.openai_client import PROMPT, decoded
from tests.standin import StandIn
from tests.standin.faults import (
    Fault,
    bad_key,
    html_page,
    model_not_found,
    moderation_blocked,
    organization_not_verified,
    quota_exhausted,
    rate_limited,
    reply_cut,
    slow,
    status,
)
from tests.testkit.fakes import settings_in

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]  # the first test installs the clients

MODEL = "gpt-image-2"
NO_RETRIES = {"openai": {"maxRetries": 0}, "ai": {"maxRetries": 0}, "litellm": {"max_retries": 0}}
UNREACHABLE = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def node() -> Iterator[ClientProgram]:
    with ClientProgram.of_node() as program:
        yield program


@pytest.fixture(scope="module")
def litellm() -> Iterator[ClientProgram]:
    with ClientProgram.of_litellm() as program:
        yield program


@pytest.fixture(params=["openai", "ai", "litellm"])
def client(request: pytest.FixtureRequest) -> "Client":
    """One of the clients: openai-node, `ai` with `@ai-sdk/openai-compatible`, or LiteLLM."""
    name: str = request.param
    return Client(name, request.getfixturevalue("litellm" if name == "litellm" else "node"))


@pytest.fixture
def openai_node(node: ClientProgram) -> "Client":
    return Client("openai", node)


@dataclass(frozen=True)
class Client:
    """One client in a program."""

    name: str
    program: ClientProgram

    async def call(
        self,
        url: str,
        method: str = "generate",
        *,
        key: str = "any",
        options: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,  # noqa: ANN401 - any option
    ) -> Answer:
        """Call the server at this base URL; `options` are the client's own."""
        return await self.program.call(
            client=self.name,
            method=method,
            baseURL=url,
            apiKey=key,
            options=options or {},
            headers=headers or {},
            body={"prompt": PROMPT, "model": MODEL, **body},
        )


@asynccontextmanager
async def served(folder: Path, api: StandIn, **settings: Any) -> AsyncIterator[str]:  # noqa: ANN401 - any setting
    """The base URL of a server."""
    ours = settings_in(folder, openai_api_key=KEY, openai_base_url=api.base_url, **settings)
    async with serve(ours) as url:
        yield f"{url}/v1"


async def test_two_images_come_from_one_call_and_an_equal_one_costs_nothing(
    client: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        answer = await client.call(url, n=2, size="1024x1024")
        again = await client.call(url, n=2, size="1024x1024")
    images = [decoded(text) for text in answer["images"]]
    assert len({image.id for image in images}) == 2
    assert {str(image.dimensions) for image in images} == {"1024x1024"}
    assert answer["usage"]["total_tokens" if client.name != "ai" else "totalTokens"] > 2000
    assert again["images"] == answer["images"]
    assert again["usage"] == answer["usage"]
    assert len(openai_api.posts) == 1


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
async def test_each_format_arrives_as_base64_and_by_its_url(
    form: str, client: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        inline = await client.call(url, output_format=form)
        linked = await client.call(url, output_format=form, response_format="url")
    assert decoded(inline["images"][0]).format == form
    if client.name == "ai":  # it downloads the image itself
        assert linked["images"] == inline["images"]
        assert linked["types"] == [f"image/{form}"]
    else:
        assert linked["images"] == [None]
        assert linked["urls"][0].startswith(url.removesuffix("/v1") + "/images/img_")
    assert len(openai_api.posts) == 1


async def test_a_stream_has_previews_and_then_the_image(
    openai_node: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    """The other two have no streams of images."""
    async with served(tmp_path, openai_api) as url:
        answer = await openai_node.call(url, stream=True, partial_images=2)
    events = answer["events"]
    kinds = [*["image_generation.partial_image"] * 2, "image_generation.completed"]
    assert [event["type"] for event in events] == kinds
    assert [event.get("partial_image_index") for event in events] == [0, 1, None]
    assert decoded(events[-1]["b64_json"]).format == "png"
    assert events[-1]["usage"]["total_tokens"] > 1000
    assert len(openai_api.posts) == 1


async def test_two_images_and_a_mask_are_edited(
    client: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        images = (await client.call(url, n=2, background="transparent"))["images"]
        edit: dict[str, Any] = {"prompt": "at night", "image": images, "mask": images[0]}
        edited = await client.call(url, "edit", **edit)
        again = await client.call(url, "edit", **edit)
    assert decoded(edited["images"][0]).format == "png"
    assert again["images"] == edited["images"]
    files = [[file.field for file in post.files] for post in openai_api.posts]
    assert files == [[], ["image[]", "image[]", "mask"]]


async def test_an_edit_as_json_is_the_same_as_one_as_a_form(
    openai_node: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        images = (await openai_node.call(url, n=2, background="transparent"))["images"]
        edit: dict[str, Any] = {"prompt": "at night", "image": images, "mask": images[0]}
        form = await openai_node.call(url, "edit", **edit)
        links = [{"image_url": f"data:image/png;base64,{each}"} for each in images]
        body: dict[str, Any] = {"prompt": "at night", "images": links, "mask": links[0]}
        posted = await openai_node.call(url, "post", path="/images/edits", **body)
        streamed = await openai_node.call(url, "edit", stream=True, partial_images=1, **edit)
    assert posted["images"] == form["images"]
    assert [event["type"] for event in streamed["events"]] == ["image_edit.completed"]
    assert len(openai_api.posts) == 2


CLASSES = {
    400: "BadRequestError",
    404: "NotFoundError",
    424: "APIError",
    429: "RateLimitError",
    502: "InternalServerError",
}
"""Of openai-node, by status. `ai` has one class for all; LiteLLM's are in ERRORS."""
BLOCKED = "ContentPolicyViolationError"
ERRORS: dict[str, tuple[Fault, int, str, str]] = {
    "blocked": (moderation_blocked(), 400, "moderation_blocked", BLOCKED),
    "refused": (status(400), 400, "request_refused", "BadRequestError"),
    "no model": (model_not_found(), 404, "model_not_found", "NotFoundError"),
    "quota": (quota_exhausted(), 429, "insufficient_quota", "RateLimitError"),
    "limited": (rate_limited("30"), 429, "rate_limit_exceeded", "RateLimitError"),
    "the server's key": (bad_key(), 502, "credentials_rejected", "BadGatewayError"),
    "not verified": (organization_not_verified(), 502, "not_permitted", "BadGatewayError"),
    "failed": (status(500), 424, "provider_failed", "APIError"),
    "cut": (reply_cut(), 424, "outcome_unknown", "APIError"),
    "no JSON": (html_page(), 424, "bad_provider_reply", "APIError"),
}
"""The stand-in's fault, then the status and the code of our response, and LiteLLM's class."""


def expected(client: str, case: str) -> tuple[str, int, str | None]:
    _, code, name, kind = ERRORS[case]
    if client == "litellm":
        return kind, code, None  # it drops the code
    return ("APICallError" if client == "ai" else CLASSES[code]), code, name


def seen(answer: Answer) -> tuple[str, int, str | None]:
    error = answer["error"]
    code = error.get("code")
    return error["class"], error["status"], None if str(code).isdecimal() else code


async def test_an_error_is_the_clients_own_exception_and_is_paid_once(
    client: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        for case, (fault, code, *_) in ERRORS.items():
            openai_api.reset()
            openai_api.default = fault
            waits = case == "limited" or (client.name == "ai" and code in (429, 502))
            options = NO_RETRIES[client.name] if waits else {}  # `ai` knows no x-should-retry
            answer = await client.call(url, prompt=case, options=options)
            assert seen(answer) == expected(client.name, case)
            assert answer["error"]["message"].endswith("charged.") or code == 424
            if case != "limited":  # the server's own retries of a call that cost nothing
                assert len(openai_api.posts) == 1, case


async def test_errors_of_the_server_itself_are_openai_nodes_own_too(
    openai_node: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    token = "t" * 32
    settings = {"auth_token": token, "confirm_above_usd": "0.05", "rate_limit": "2/minute"}
    async with served(tmp_path, openai_api, **settings) as url:
        calls: dict[str, dict[str, Any]] = {
            "wrong token": {"key": "wrong"},
            "a page": {"headers": {"Origin": "https://elsewhere.example"}},
            "too many": {"n": 11},
            "no image": {"method": "post", "path": "/images/edits"},
            "no route": {"method": "post", "path": "/chat/completions"},
            "to be confirmed": {"n": 10, "quality": "high"},
            "confirmed": {"n": 10, "quality": "high", "confirm": True},
            "first": {"headers": {"Idempotency-Key": "k"}, "quality": "low"},
            "key again": {"headers": {"Idempotency-Key": "k"}, "quality": "low", "n": 2},
            "over the limit": {"prompt": "one more", "quality": "low"},
        }
        usual: dict[str, Any] = {"key": token, "options": NO_RETRIES["openai"]}
        answers = {
            name: await openai_node.call(url, **{**usual, **call}) for name, call in calls.items()
        }
        answers["no server"] = await openai_node.call(UNREACHABLE, options=NO_RETRIES["openai"])
    assert len(answers.pop("confirmed")["images"]) == 10
    assert len(answers.pop("first")["images"]) == 1
    found = {
        name: (error["class"], error.get("status"), error.get("code"), error.get("param"))
        for name, error in ((name, answer["error"]) for name, answer in answers.items())
    }
    assert found == {
        "wrong token": ("AuthenticationError", 401, "invalid_api_key", None),
        "a page": ("PermissionDeniedError", 403, "foreign_page", None),
        "too many": ("BadRequestError", 400, "invalid_request", "n"),
        "no image": ("BadRequestError", 400, "invalid_request", "image"),
        "no route": ("NotFoundError", 404, "not_found", None),
        "to be confirmed": ("APIError", 402, "confirmation_required", None),
        "key again": ("UnprocessableEntityError", 422, "key_reused", "Idempotency-Key"),
        "over the limit": ("RateLimitError", 429, "rate_limit_exceeded", None),
        "no server": ("APIConnectionError", None, None, None),
    }
    assert len(openai_api.posts) == 2


async def test_a_client_that_gives_up_gets_the_image_of_its_first_attempt(
    client: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    """openai-node and LiteLLM retry after a time-out; `ai` does not."""
    options = {"timeout": 1.0} if client.name == "litellm" else {"timeout": 1000}
    async with served(tmp_path, openai_api) as url:
        await client.call(url, prompt="first")  # which starts parts of the server
        openai_api.default = slow(2.0)
        answer = await client.call(url, options=options)
        if client.name == "ai":
            assert answer["error"]["name"] == "TimeoutError"
            answer = await client.call(url)
    assert decoded(answer["images"][0]).format == "png"
    assert len(openai_api.posts) == 2


async def test_models_can_be_listed_and_looked_up(
    openai_node: Client, tmp_path: Path, openai_api: StandIn
) -> None:
    async with served(tmp_path, openai_api) as url:
        models = (await openai_node.call(url, "models"))["models"]
        one = (await openai_node.call(url, "model", name=models[0]["id"]))["models"]
        missing = await openai_node.call(url, "model", name="gpt-image-0")
    assert one == models[:1]
    assert seen(missing) == ("NotFoundError", 404, "model_not_found")
    assert openai_api.calls == []
