"""Every option of the two tools at every model of every provider: none is silently dropped.

Each option is sent with a call of its own, beside a call without it. It counts as `sent` if the
requests that reached the provider differ, and as `noted` if the result says what became of it, and
`rendered` if the server makes the format from what the provider sends. It is `refused` if the
caller is told why and what to do instead, and nothing was charged.
"""

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from syrupy.assertion import SnapshotAssertion

from application.ports.clock import SystemClock
from domain.errors import ChargeStatus, InvalidRequest
from domain.image import Image
from domain.provider_errors import RequestRefused
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.wire.inputs import EditArguments, GenerateArguments
from entrypoints.wire.parsing import parse
from tests.conftest import KEY
from tests.standin import Quirks, StandIn
from tests.standin.gemini import GeminiStandIn
from tests.testkit.fakes import settings_in, small_image

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
TEAL, RED = small_image("teal", (64, 64)), small_image("red", (64, 64))
Arguments = dict[str, Any]
OPTIONS: dict[str, tuple[Arguments, Arguments]] = {
    "size": ({"size": "1024x1024"}, {"size": "1536x1024"}),
    "quality": ({}, {"quality": "high"}),
    "format": ({"format": "webp"}, {"format": "jpeg"}),
    "background": ({}, {"background": "transparent"}),
    "output_compression": ({"format": "jpeg"}, {"format": "jpeg", "output_compression": 40}),
    "moderation": ({}, {"moderation": "low"}),
    "n": ({}, {"n": 2}),
    "partialImages": ({}, {"partialImages": 1}),
    "prompt": ({}, {"prompt": "a lake"}),
}
"""The arguments without an option and with it."""
INPUTS = ("images", "mask")
"""The options of edit_image only, which are images."""
HERE = {
    "model": "chooses the provider",
    "fallback": "chooses another provider",
    "style": "is put into the prompt",
    "conversationId": "is kept by the server",
    "useContext": "is put into the prompt",
    "maxContextEntries": "is put into the prompt",
    "deliver": "makes a copy of the image",
    "detail": "decides what the answer includes",
    "stream": "reports progress",
    "fresh": "skips the cache",
    "confirm": "allows the cost",
}
"""What the server does with the other options itself, the same for every provider."""


def half_mask() -> Image:
    """A mask that is transparent on its left half."""
    image = Pillow.new("RGBA", (64, 64), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    file = BytesIO()
    image.save(file, "PNG")
    return Image(file.getvalue())


@pytest.fixture
def local() -> Iterator[StandIn]:
    with StandIn(quirks=Quirks(keyless=True)) as server:
        yield server


@pytest.fixture
async def container(
    openai_api: StandIn,
    gemini_api: GeminiStandIn,
    local: StandIn,
    tmp_path: Path,
    anyio_backend: str,
) -> AsyncIterator[Container]:
    settings = settings_in(
        tmp_path,
        provider="auto",
        openai_api_key=KEY,
        openai_base_url=openai_api.base_url,
        azure_openai_endpoint=openai_api.azure_url,
        azure_openai_api_key=f"{KEY}-azure",
        azure_openai_deployments="gpt-image-2=studio gpt-image-2.6-flare=my-flare",
        openai_compatible_urls=f"local={local.base_url}",
        openai_compatible_models="local=Qwen/Qwen-Image",
        gemini_api_key=KEY,
        gemini_base_url=gemini_api.base_url,
    )
    async with run_application(settings, clock=SystemClock()) as container:
        yield container


class Caller:
    """Calls a model with options, and sees what reaches the servers."""

    def __init__(self, container: Container, servers: list[StandIn]) -> None:
        self.container, self.servers = container, servers
        self.plain: dict[str, tuple[list[object], ImageResult]] = {}
        """The calls without an option, which several options share."""

    async def call(
        self, given: Arguments, images: tuple[Image, ...], mask: Image | None
    ) -> tuple[list[object], ImageResult]:
        """The requests that were sent, and the result; raise what a caller gets."""
        before = len(self.posts)
        arguments = {"prompt": "a hill", "size": "1024x1024", **given}
        if images:
            edit = parse(EditArguments, arguments).to_request(images, mask)
            handle = await self.container.edit_image()(edit, fresh=True)
        else:
            request = parse(GenerateArguments, arguments).to_request()
            handle = await self.container.generate_image()(request, fresh=True)
        result = await handle.result()
        return self.posts[before:], result

    @property
    def posts(self) -> list[object]:
        """The body of every request that was sent, with its uploads."""
        return [
            (post.path, post.fields, [(each.field, each.data) for each in post.files])
            for server in self.servers
            for post in server.posts
        ]

    async def outcome(self, without: Arguments, given: Arguments, **inputs: Any) -> str:  # noqa: ANN401 - images and mask
        """What becomes of what the second call has and the first one has not."""
        base = inputs.get("base", {"images": (), "mask": None})
        more = inputs.get("more", base)
        try:
            key = repr((without, len(base["images"])))
            if key not in self.plain:
                self.plain[key] = await self.call(without, **base)
            posts, first = self.plain[key]
            sent, result = await self.call(given, **more)
        except (InvalidRequest, RequestRefused) as refused:
            free = refused.charged is ChargeStatus.NO
            return "refused" if free and refused.hint else f"REFUSED: {refused.message}"
        if sent != posts:
            return "sent"
        if _formats(result) != _formats(first):
            return "rendered"
        return "noted" if {*result.notes} - {*first.notes} else "DROPPED"


def _formats(result: ImageResult) -> list[str]:
    """The formats that the caller gets."""
    return [(each.rendition or each).image.format.value for each in result.images]


def test_the_table_has_every_option() -> None:
    fields = {*GenerateArguments.__struct_encode_fields__, *EditArguments.__struct_encode_fields__}
    assert fields == {*OPTIONS, *INPUTS, *HERE}


@pytest.mark.parametrize("provider", ["openai", "openai-responses", "azure", "local", "gemini"])
async def test_no_option_is_silently_dropped(
    provider: str,
    container: Container,
    openai_api: StandIn,
    gemini_api: GeminiStandIn,
    local: StandIn,
    snapshot: SnapshotAssertion,
) -> None:
    caller = Caller(container, [openai_api, gemini_api, local])
    today = container.clock().now().date()
    catalog = container.provider_registry().catalog.of(provider)
    running = [card.name for card in catalog.cards if not card.is_retired(today)]
    edit = {"images": (TEAL,), "mask": None}
    table: dict[str, dict[str, str]] = {}
    for model in [*running, *(["unheard-of"] if provider == "local" else [])]:
        name = {"model": container.provider_registry().catalog.name_of(provider, model)}
        row = {}
        for option, (without, given) in OPTIONS.items():
            row[option] = await caller.outcome({**name, **without}, {**name, **given})
            row[f"{option} of an edit"] = await caller.outcome(
                {**name, **without}, {**name, **given}, base=edit
            )
        two = {"images": (TEAL, RED), "mask": None}
        masked = {"images": (TEAL,), "mask": half_mask()}
        row["images"] = await caller.outcome(name, name, base=edit, more=two)
        row["mask"] = await caller.outcome(name, name, base=edit, more=masked)
        table[model] = row
    known = {"sent", "noted", "rendered", "refused"}
    lost = {
        (model, option): outcome
        for model, row in table.items()
        for option, outcome in row.items()
        if outcome not in known
    }
    assert lost == {}
    assert table == snapshot
