"""Damaged records and folders: the rest is served, readiness is true, nothing is overwritten."""

import shutil
import stat
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.hostile.damages import FILES, FOLDERS, ROWS, Damage, StoredFiles
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
COLORS = ("red", "green", "blue")
WHITE = "white"
CHANGING = ("cache", "data/records.sqlite3-", "data/writers")
"""What a server writes while it only reads records."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A folder with three jobs, and their IDs and images' IDs in the order of their creation."""

    folder: Path
    jobs: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server on a folder, with a provider that delivers images of one color."""

    client: AsgiClient
    provider: FakeProvider

    async def get(self, path: str) -> Reply:
        return await self.client.request("GET", path)

    async def generate(self, color: str) -> Reply:
        """Request an image under the color's own key."""
        self.provider.images = (small_image(color),)
        arguments = {"prompt": f"a {color} bridge"}
        return await self.client.post("/images", arguments, Idempotency_Key=f"key-{color}")


@asynccontextmanager
async def run_server(folder: Path) -> AsyncIterator[Server]:
    provider = FakeProvider()
    settings = settings_in(folder, cache_ttl=0, budget_images_hour=1_000)
    async with asgi_client(settings, provider=provider) as client:
        yield Server(client=client, provider=provider)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    template = Template(folder=tmp_path_factory.mktemp("template"))
    async with run_server(template.folder) as server:
        for color in COLORS:
            reply = await server.generate(color)
            assert reply.status == 201, reply.body
            template.jobs.append(reply.json["jobId"])
            template.images.append(reply.json["images"][0]["id"])
    return template


def copy_of(template: Template, folder: Path) -> StoredFiles:
    """A copy of the template's folder, whose records have its own paths."""
    shutil.copytree(template.folder, folder)
    files = StoredFiles(folder)
    files.sql(f"UPDATE pictures SET place = replace(place, '{template.folder}', '{folder}')")  # noqa: S608 - two paths of the test
    files.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return files


def contents(folder: Path) -> dict[str, str]:
    """Kind and digest of everything in the folder that no server changes by reading."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status, name = path.lstat(), str(path.relative_to(folder))
        small_file = stat.S_ISREG(status.st_mode) and status.st_size < 1_000_000
        digest = sha256(path.read_bytes()).hexdigest() if small_file else ""
        if not name.startswith(CHANGING) and not stat.S_ISDIR(status.st_mode):
            found[name] = f"{stat.filemode(status.st_mode)} {digest}"
    return found


async def check(damage: Damage, template: Template, folder: Path, counts: Counter[str]) -> None:
    """Damage a copy of the template, and call every route that reads or writes it."""
    files = copy_of(template, folder)
    damage.apply(files)
    rows, before = first_rows(files), contents(folder)
    async with run_server(folder) as server:
        assert (await server.get("/readyz")).status == (200 if damage.ready else 503)
        await check_reads(server, template, damage, counts)
        generated = await server.generate(WHITE)
        assert generated.status == (201 if damage.ready else 507), generated.body
        if not damage.ready:
            assert str(folder) in generated.problem["detail"]
            assert generated.problem["hint"]
        for color in COLORS:  # under a key that was used before, nothing is paid for again
            assert (await server.generate(color)).status in (201, 404, 507)
        assert len(server.provider.seen) == int(damage.ready)
    after = contents(folder)
    if files.is_readable:
        del before["data/records.sqlite3"]  # it has a new job
    assert {name: after.get(name) for name in before} == before
    assert first_rows(files) == rows
    counts["ready" if damage.ready else "not ready"] += 1


def first_rows(files: StoredFiles) -> list[tuple[bytes, ...]]:
    """The first job and its image, as they are stored; nothing if there are no such tables."""
    if not files.is_readable:
        return []
    return [
        row
        for table in ("jobs", "pictures")
        for row in files.sql(f"SELECT * FROM {table} ORDER BY rowid LIMIT 1")  # noqa: S608 - named above
    ]


async def check_reads(
    server: Server, template: Template, damage: Damage, counts: Counter[str]
) -> None:
    listed = await server.get("/images")
    assert listed.status == 200 if damage.ready else listed.status in (200, 507), listed.body
    if listed.status == 200:
        assert set(template.images[1:]) <= {image["id"] for image in listed.json["images"]}
    paths = [f"/images/{image}" for image in template.images]
    paths += [f"/images/{template.images[0]}/thumb", *(f"/jobs/{job}" for job in template.jobs)]
    for path in paths:
        reply = await server.get(path)
        assert reply.status in (200, 404, 507), (path, reply.body)
        if damage.ready and path.endswith((*template.images[1:], *template.jobs[1:])):
            assert reply.status == 200 or damage.images_lost, (path, reply.body)
        counts[f"reads with {reply.status}"] += 1
    if damage.ready:
        await server.client.container.report_usage()(days=7)


@pytest.mark.parametrize("damage", [*ROWS[::8], *FOLDERS[::5], *FILES[:2]], ids=str)
async def test_a_part_of_the_damage(
    damage: Damage, template: Template, tmp_path: Path, counts: Counter[str]
) -> None:
    await check(damage, template, tmp_path / "server", counts)


@pytest.mark.hostile
@pytest.mark.parametrize("damage", [*ROWS, *FOLDERS, *FILES], ids=str)
async def test_all_damage(
    damage: Damage, template: Template, tmp_path: Path, counts: Counter[str]
) -> None:
    await check(damage, template, tmp_path / "server", counts)
