"""Sends images through the whole application in every role, and watches time and memory."""

import asyncio
import base64
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from adapters.pillow import worker_pool
from adapters.pillow.frames import Facts, Message
from adapters.pillow.worker_process import IDLE, Worker
from application.ports.image_provider import ProviderStream
from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest
from tests.chaos.processes import peak_resident, resident
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import (
    PNG,
    DictCache,
    FakeProvider,
    MemoryImageStore,
    MemoryJobRepository,
    MemoryUsageLedger,
    mask,
    settings_in,
    small_image,
)

SIZE = (64, 48)  # that of the original images, so that one of them can be the mask of another
JPEG = base64.b64encode(small_image(size=SIZE, form="JPEG").data).decode()
MASK = base64.b64encode(mask(SIZE).data).decode()
VIEWS = ("?format=png", "?format=jpeg", "?format=webp", "/preview", "/thumb")
PREVIEW_BYTES = 60_000
LATE, LARGE, PATIENCE = 10.0, 1 << 30, 2.0
"""Seconds for one call, bytes of one process, and seconds for a good call beside hostile ones."""
REFUSALS = ("unreadable_image", "bad_provider_reply")
UNFIT = (
    b"The mask marks nothing",
    b"The mask has no alpha channel",
    b"No part of the mask is fully transparent",
    b", but the first image is 64x48",
    b"mask has ",
)


class ReplyingProvider(FakeProvider):
    """Delivers the image that belongs to the prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, bytes] = {}

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        fake = FakeProvider(Image(self.replies.pop(job.request.prompt, PNG.data)))
        async for event in fake._deliver(job):
            yield event


class ImageTrial:
    """One application; `counts` has the outcomes, `slowest` the seconds of the slowest call."""

    def __init__(
        self, client: AsgiClient, provider: ReplyingProvider, counts: Counter[str]
    ) -> None:
        self.client = client
        self.provider = provider
        self.counts = counts
        self.slowest = self.slowest_good = 0.0
        self._number = 0

    async def try_all(self, cases: Iterable[tuple[str, bytes]], *, at_once: int = 4) -> None:
        """Try each image in each role, while good calls are made beside them."""
        waiting = iter(cases)

        async def run() -> None:
            for name, data in waiting:
                await self.as_every_role(name, data)

        beside = asyncio.create_task(self._good_calls())
        await asyncio.gather(*(run() for _ in range(at_once)))
        beside.cancel()
        await asyncio.wait([beside])

    async def as_every_role(self, name: str, data: bytes) -> dict[str, str]:
        """Send the image as input, as mask and as the provider's reply; return the outcomes."""
        text = "data:image/png;base64," + base64.b64encode(data).decode()
        outcomes = {
            "input": await self._outcome(name, {"images": [text]}),
            "mask": await self._outcome(name, {"images": [JPEG], "mask": text}),
            "reply": await self._outcome(name, {}, reply=data),
        }
        for role, outcome in outcomes.items():
            self.counts[f"{role} {outcome}"] += 1
        return outcomes

    async def _outcome(
        self, name: str, body: dict[str, object], *, reply: bytes | None = None
    ) -> str:
        """`accepted`, or the code of a typed refusal; anything else fails the test."""
        self._number += 1
        prompt = f"image {self._number}"
        if reply is not None:
            self.provider.replies[prompt] = reply
        answer = await self._timed(name, "POST", "/images", {"prompt": prompt, **body})
        if answer.status == 201:
            if reply is not None:
                await self._view(name, answer, reply)
            return "accepted"
        if answer.code == "invalid_request" and any(text in answer.body for text in UNFIT):
            return "is no mask"
        assert answer.code in REFUSALS, (name, answer.status, answer.body[:500])
        return answer.code

    async def _view(self, name: str, answer: Reply, reply: bytes) -> None:
        """Request every view; each is an image, the original if no rendition can be made."""
        (image,) = answer.json["images"]
        path = f"/images/{Image(reply).id}"
        assert image["url"].endswith(path)
        for view in VIEWS:
            shown = await self._timed(name, "GET", path + view)
            assert shown.status == 200, (name, view, shown.body[:500])
            self.counts["views, the original" if shown.body == reply else "views"] += 1

    async def _timed(
        self, name: str, method: str, path: str, body: dict[str, object] | None = None
    ) -> Reply:
        start = monotonic()
        if body is None:
            reply = await self.client.request(method, path)
        else:
            reply = await self.client.post(path, body)
        seconds = monotonic() - start
        self.slowest = max(self.slowest, seconds)
        assert seconds < LATE + 1, (name, path, seconds)
        return reply

    async def _good_calls(self) -> None:
        """Make a good call of each role every half a second."""
        number = 0
        while True:
            for body in ({"images": [JPEG], "mask": MASK}, {}):
                number += 1
                start = monotonic()
                reply = await self.client.post("/images", {"prompt": f"good {number}", **body})
                assert reply.status == 201
                self.slowest_good = max(self.slowest_good, monotonic() - start)
                self.counts["good calls beside them"] += 1
            await asyncio.sleep(0.5)


@asynccontextmanager
async def image_trial(folder: Path, counts: Counter[str]) -> AsyncIterator[ImageTrial]:
    """Run the application on fakes; check time and memory at the end.

    The application runs in this process, so what counts is the growth to its peak, which includes
    that of the test.
    """
    before = resident(os.getpid())
    peaks = list[int]()

    class Watched(Worker):
        def exchange(self, request: Facts, data: bytes) -> Message:
            reply = super().exchange(request, data)
            peaks.append(peak_resident(self._process.pid))
            return reply

    IDLE.close()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_pool, "Worker", Watched)
        async with asgi_client(
            settings_in(folder, max_concurrent_calls=50, rate_limit="100000/second"),
            provider=(provider := ReplyingProvider()),
            image_store=MemoryImageStore(),
            job_repository=MemoryJobRepository(),
            usage_ledger=MemoryUsageLedger(),
            cache=DictCache(),
        ) as client:
            trial = ImageTrial(client, provider, counts)
            yield trial
    IDLE.close()
    growth = peak_resident(os.getpid()) - before
    for name, value in {
        "MB of the largest worker": max(peaks, default=0) / 1e6,
        "MB that the server grew": growth / 1e6,
        "ms of the slowest call": trial.slowest * 1000,
        "ms of the slowest good call": trial.slowest_good * 1000,
    }.items():
        counts[name] = max(counts[name], round(value))
    assert max([growth, *peaks]) < LARGE
    assert trial.slowest_good < PATIENCE
