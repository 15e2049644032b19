"""What the pages of docs/extend add works from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.architecture.recipes import PAGES, copy_checkout, follow, is_followed, run

pytestmark = pytest.mark.timeout(300)
fakeredis = pytest.importorskip("fakeredis", reason="the development tools are out of date")
FOLDERS = {"OUTPUT_DIR": "images", "DATA_DIR": "records", "CACHE_DIR": "cache"}


def checkout_after(page: str, folder: Path) -> Path:
    """A copy of the checkout in the folder, changed as the page of this name says."""
    (found,) = (path for path in PAGES if path.stem == page)
    if is_followed(found):
        pytest.skip("this checkout has what the page adds")
    copy_checkout(folder)
    follow(found, folder)
    return folder


def generate(root: Path, **settings: str) -> dict[str, Any]:
    """The result of `generate`, which keeps its files in the checkout."""
    command = ("entrypoints", "generate", "a red wall", "--size", "64x64", "--json")
    result: dict[str, Any] = json.loads(run(root, *command, **FOLDERS, **settings))
    return result


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis server on a free port."""
    with fakeredis.TcpFakeServer(("127.0.0.1", 0)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_provider_of_the_page_is_chosen_by_its_setting(tmp_path: Path) -> None:
    root = checkout_after("write-a-provider", tmp_path)
    assert generate(root, PROVIDER="flat")["model"] == "flat-1"


def test_the_cache_of_the_page_serves_the_next_process(tmp_path: Path, redis_url: str) -> None:
    root = checkout_after("write-a-cache", tmp_path)
    results = [generate(root, PROVIDER="sketch", REDIS_URL=redis_url) for _ in range(2)]
    assert [result["servedFrom"] for result in results] == ["provider", "redis"]
    assert not (root / "cache").exists()


def test_without_its_server_the_cache_of_the_page_is_a_miss(tmp_path: Path) -> None:
    root = checkout_after("write-a-cache", tmp_path)
    results = [generate(root, PROVIDER="sketch", REDIS_URL="redis://127.0.0.1:1") for _ in range(2)]
    assert [result["servedFrom"] for result in results] == ["provider", "provider"]


def test_the_tool_of_the_page_has_a_snapshot_once_it_was_written(tmp_path: Path) -> None:
    """The size of the list is not tested: a checkout with its own tools may have no bytes free."""
    root = checkout_after("write-a-tool", tmp_path)
    its_tests = ("pytest", "-q", "tests/snapshots", "-k", "get_prompt")
    with pytest.raises(AssertionError, match="get_prompt"):
        run(root, *its_tests)
    run(root, *its_tests, "--snapshot-update")
    assert "3 passed" in run(root, *its_tests)
