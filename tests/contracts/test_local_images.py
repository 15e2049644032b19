"""Files of the caller: those below the roots are read, and no other file is ever opened."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence

import pytest

from adapters.local_images import local_paths
from adapters.local_images.folder_images import FolderImages
from adapters.local_images.refusal import Refused
from adapters.local_images.typed_files import TypedFiles
from domain.errors import UnreadableImage
from tests.contracts.local_files import READ, REFUSED, SECRET, SPELLED, Desk, named
from tests.testkit.contracts.image_source import ImageSourceContract
from tests.testkit.fakes import PNG

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name == "nt", reason="the files of the tables are those of POSIX"),
]


class TestFolderImages(ImageSourceContract):
    @pytest.fixture
    def source(self, desk: Desk) -> FolderImages:
        return desk.source()

    @pytest.fixture
    def images(self, desk: Desk) -> Mapping[str, bytes]:
        return {str(desk.fox): PNG.data, "~/photos/fox.png": PNG.data, "./fox.png": PNG.data}

    @pytest.fixture
    def refused(self, desk: Desk) -> Sequence[str]:
        return ["/etc/passwd", "~root/x.png", "gone.png", str(desk.root / "huge.png")]


class TestTypedFiles(ImageSourceContract):
    @pytest.fixture
    def source(self) -> TypedFiles:
        return TypedFiles()

    @pytest.fixture
    def images(self, desk: Desk) -> Mapping[str, bytes]:
        return {str(desk.fox): PNG.data, (desk.outside / "secret.png").as_uri(): SECRET}

    @pytest.fixture
    def refused(self, desk: Desk) -> Sequence[str]:
        return [str(desk.root / "gone.png"), "~root/x.png", str(desk.root / "huge.png")]


@pytest.mark.parametrize("root", ["photos", "linked-root"])
async def test_a_file_below_a_root_is_read_also_if_the_root_is_a_link(
    desk: Desk, root: str
) -> None:
    source = desk.source(desk.home / root)
    opened = {
        case: await source.open(named(desk, name)) for case, name in {**READ, **SPELLED}.items()
    }
    assert opened == dict.fromkeys([*READ, *SPELLED], PNG)


def test_there_are_at_least_60_hostile_paths() -> None:
    assert len(REFUSED) >= 60


@pytest.mark.parametrize("case", REFUSED)
async def test_no_file_is_read_but_a_regular_one_below_a_root(
    desk: Desk, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(os, "read", lambda descriptor, _size: read.append(descriptor))
    name = named(desk, REFUSED[case])
    with pytest.raises(UnreadableImage) as raised:
        await desk.source().open(name)
    assert read == []
    told = raised.value.message + raised.value.hint
    assert "secret" not in told.replace(name, "")
    assert str(desk.root) in raised.value.hint


async def test_a_socket_and_a_file_without_rights_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(desk.root)  # a socket's address has at most 108 characters
        listening.bind("socket.png")
        with pytest.raises(UnreadableImage, match="not a regular file"):
            await desk.source().open(str(desk.root / "socket.png"))
    if os.geteuid():
        with pytest.raises(UnreadableImage, match="Permission denied"):
            await desk.source().open(str(desk.root / "locked.png"))


WINDOWS = {
    "C:\\Users\\me\\fox.png": "C:\\Users\\me\\fox.png",
    "C:/Users/me/fox.png": "C:\\Users\\me\\fox.png",
    "file:///C:/Users/me/my%20fox.png": "C:\\Users\\me\\my fox.png",
    "file://C:/Users/me/fox.png": "C:\\Users\\me\\fox.png",
    "~/fox.png": "C:\\Users\\me\\fox.png",
    "~\\fox.png": "C:\\Users\\me\\fox.png",
    "fox.png": "C:\\work\\fox.png",
    "C:\\Users\\me\\..\\fox.png": "C:\\Users\\fox.png",
}
NOT_IN_WINDOWS = [
    *("\\\\server\\share\\fox.png", "//server/share/fox.png", "\\\\?\\C:\\fox.png", "\\\\.\\C:"),
    *("file://server/share/fox.png", "file:////server/share/fox.png", "C:\\fox.png:stream"),
    *("C:\\fox.png.", "C:\\fox \\x.png", "C:\\.. \\fox.png", "C:\\NUL", "C:\\con.png", "COM1.png"),
    *("C:\\Users\\aux\\fox.png", "C:\\fox\0.png", "C:\\LPT\u00b9.png", "~bob\\fox.png"),
]


@pytest.mark.parametrize("name", WINDOWS)
def test_names_of_windows_are_read_by_its_rules(name: str) -> None:
    path = local_paths.local_path(name, home="C:\\Users\\me", folder="C:\\work", windows=True)
    assert path == WINDOWS[name]


@pytest.mark.parametrize("name", NOT_IN_WINDOWS)
def test_names_that_windows_takes_for_something_else_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        local_paths.local_path(name, home="C:\\Users\\me", folder="C:\\work", windows=True)


async def test_more_folders_are_asked_for_only_if_they_are_needed(desk: Desk) -> None:
    asked: list[str] = []

    async def more() -> Sequence[str]:
        asked.append("roots")
        return [desk.outside.as_uri(), "file:///", "https://a.example/", "file://server/share"]

    source = FolderImages([str(desk.root)], home=str(desk.home), more_folders=more)
    assert await source.open(str(desk.fox)) == PNG
    assert asked == []
    image = await source.open(str(desk.outside / "secret.png"))
    assert image is not None
    assert image.data == SECRET
    assert asked == ["roots"]
    with pytest.raises(UnreadableImage, match="outside") as raised:
        await source.open("/etc/passwd")
    assert f"a file in {desk.outside} or {desk.root}" in raised.value.hint


async def test_reading_ends_at_the_limit_also_for_a_file_that_grows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.local_images.bounded_reading.MAX_INPUT_BYTES", 100)
    (desk.root / "grows.png").write_bytes(bytes(100))
    monkeypatch.setattr(os, "read", lambda _fd, _size: bytes(60))
    with pytest.raises(UnreadableImage, match="more than"):
        await asyncio.wait_for(desk.source().open(str(desk.root / "grows.png")), 5)
