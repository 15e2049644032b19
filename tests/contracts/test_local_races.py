"""Files that change while they are opened: what was looked at is read, or nothing."""

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest

from adapters.local_images import guarded_open, local_paths
from adapters.local_images.refusal import Refused
from domain.errors import UnreadableImage
from tests.contracts.local_files import READ, REFUSED, SECRET, Desk, named
from tests.testkit.fakes import PNG

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name == "nt", reason="the files of the tables are those of POSIX"),
]
POSIX_ONLY = ("composed letters", "a screenshot with a usual blank")
"""Names that are found by a look into the folder, which only POSIX has."""
SIZES = ("an empty file", "a huge file")
"""Refused when they are read, not when they are opened."""


def to_secret_link(desk: Desk) -> None:
    desk.fox.unlink()
    desk.fox.symlink_to(desk.outside / "secret.png")


def to_secret_file(desk: Desk) -> None:
    (desk.outside / "secret.png").replace(desk.fox)


def to_fifo(desk: Desk) -> None:
    desk.fox.unlink()
    os.mkfifo(desk.fox)


def to_folder(desk: Desk) -> None:
    desk.fox.unlink()
    desk.fox.mkdir()


def to_nothing(desk: Desk) -> None:
    desk.fox.unlink()


def to_linked_root(desk: Desk) -> None:
    desk.root.rename(desk.home / "moved")
    desk.root.symlink_to(desk.outside)
    (desk.outside / "fox.png").write_bytes(SECRET)


SWAPS: Mapping[str, Callable[[Desk], None]] = {
    each.__name__: each for each in (to_secret_link, to_secret_file, to_fifo, to_folder, to_nothing)
}


@pytest.mark.parametrize("swap", SWAPS)
async def test_a_file_that_is_replaced_after_the_look_is_not_read(
    desk: Desk, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = guarded_open.look_up

    def look_up_and_swap(name: str, folder: int) -> tuple[str, os.stat_result]:
        found = look_up(name, folder)
        SWAPS[swap](desk)
        return found

    monkeypatch.setattr(guarded_open, "look_up", look_up_and_swap)
    with pytest.raises(UnreadableImage):
        await asyncio.wait_for(desk.source().open(str(desk.fox)), 5)


async def test_a_root_that_is_replaced_after_the_look_is_still_the_old_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = guarded_open.look_up

    def swap_and_look_up(name: str, folder: int) -> tuple[str, os.stat_result]:
        to_linked_root(desk)
        return look_up(name, folder)

    monkeypatch.setattr(guarded_open, "look_up", swap_and_look_up)
    assert await desk.source().open(str(desk.fox)) == PNG


def test_without_folder_descriptors_the_same_files_are_opened(desk: Desk) -> None:
    for case, name in READ.items():
        if case not in POSIX_ONLY:
            descriptor = guarded_open.open_and_check(absolute(desk, name), [str(desk.root)])
            assert os.read(descriptor, 100_000) == PNG.data, case
            os.close(descriptor)


def test_without_folder_descriptors_no_other_file_is_opened(desk: Desk) -> None:
    refused = {case: name for case, name in REFUSED.items() if case not in SIZES}
    for name in refused.values():
        with pytest.raises((Refused, OSError, ValueError)):
            guarded_open.open_and_check(absolute(desk, name), [str(desk.root)])


@pytest.mark.parametrize("swap", SWAPS)
def test_without_folder_descriptors_a_file_that_is_replaced_is_not_read(
    desk: Desk, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = guarded_open._check_regular
    swapped: list[str] = []

    def check_and_swap(status: os.stat_result) -> None:
        check(status)
        if not swapped:
            swapped.append(swap)
            SWAPS[swap](desk)

    monkeypatch.setattr(guarded_open, "_check_regular", check_and_swap)
    with pytest.raises((Refused, OSError)):
        guarded_open.open_and_check(str(desk.fox), [str(desk.root)])
    assert swapped


def absolute(desk: Desk, name: str) -> str:
    path = local_paths.local_path(
        named(desk, name), home=str(desk.home), folder=str(desk.root), windows=False
    )
    assert path is not None
    return path
