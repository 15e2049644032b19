"""The packages of docs/extend/write-a-plugin.md, built and installed beside the wheel."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import PIL.Image
import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks
from tests.architecture.installed_wheel import Installed, install, install_wheel, python
from tests.architecture.recipes import EXTEND, new_files, run

fakeredis = pytest.importorskip("fakeredis", reason="the development tools are out of date")
pytestmark = pytest.mark.timeout(300)
PAGE = EXTEND / "write-a-plugin.md"
PACKAGES = ("gpt-image-flat", "gpt-image-redis")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the files that the page prints."""
    folder = tmp_path_factory.mktemp("sources")
    for path, text in new_files(PAGE).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, and beside it both packages."""
    installed = install_wheel(tmp_path_factory.mktemp("plugins"))
    for package in PACKAGES:
        python("hatchling", "build", "-t", "wheel", cwd=sources / package)
        install(installed.environment, next((sources / package / "dist").glob("*.whl")))
    return installed


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A server that speaks Redis's protocol, on a free port."""
    with fakeredis.TcpFakeServer(("127.0.0.1", 0)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def generate(installed: Installed, folder: Path, **settings: str) -> dict[str, Any]:
    command = ("gpt-image", "generate", "a red wall", "--size", "1024x1024", "--json")
    settings = {"CACHE_DIR": "cache"} | settings
    result: dict[str, Any] = json.loads(installed.run(*command, cwd=folder, **settings))
    return result


def test_both_are_listed_and_loaded(installed: Installed) -> None:
    listed = json.loads(installed.run("gpt-image", "plugins", "--json"))["plugins"]
    assert [
        (each["distribution"], each["name"], each["version"], each["loaded"]) for each in listed
    ] == [
        ("gpt-image-flat", "flat", "1.0", True),
        ("gpt-image-redis", "redis", "1.0", True),
    ]


def test_the_provider_generates_from_request_to_file(installed: Installed, tmp_path: Path) -> None:
    result = generate(installed, tmp_path, PROVIDER="flat", FLAT_COLOR="teal")
    assert (result["provider"], result["model"]) == ("flat", "flat-1")
    (file,) = (tmp_path / "images").glob("*.png")
    with PIL.Image.open(BytesIO(file.read_bytes())) as image:
        assert (image.size, image.getpixel((0, 0))) == ((1024, 1024), (0, 128, 128))
    again = generate(installed, tmp_path, PROVIDER="flat", FLAT_COLOR="red")
    assert again["servedFrom"] == "provider"


def test_the_provider_is_found_beside_others(installed: Installed, tmp_path: Path) -> None:
    listed = installed.run(
        "gpt-image", "models", "--json", cwd=tmp_path, PROVIDER="openai", OPENAI_API_KEY="sk-12345"
    )
    assert "flat-1" in [each["name"] for each in json.loads(listed)]


def test_the_cache_serves_the_next_process(
    installed: Installed, tmp_path: Path, redis_url: str
) -> None:
    settings = {"IMAGE_CACHE": "redis", "REDIS_URL": redis_url}
    results = [generate(installed, tmp_path, **settings) for _ in range(2)]
    assert [result["servedFrom"] for result in results] == ["provider", "redis"]
    assert not (tmp_path / "cache").exists()
    without = [generate(installed, tmp_path, **settings | {"REDIS_URL": "redis://127.0.0.1:1"})]
    assert [result["servedFrom"] for result in without] == ["provider"]


@pytest.mark.parametrize(
    ("package", "passed"),
    [
        ("gpt-image-flat", "TestFlatProvider::test_it_delivers_once_and_last"),
        ("gpt-image-redis", "TestRedisCache::test_instances_that_share_a_store_see_each_others"),
    ],
)
def test_the_contract_suite_passes_in_the_package_of_the_plugin(
    installed: Installed, sources: Path, package: str, passed: str
) -> None:
    command = ("python", "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests")
    output = installed.run(*command, cwd=sources / package)
    assert passed in output
    assert "PASSED" in next(line for line in output.splitlines() if passed in line)


def test_nothing_of_it_is_in_the_tests_of_other_projects(
    installed: Installed, tmp_path: Path
) -> None:
    (tmp_path / "test_other.py").write_text("def test_a(plugin_context): pass\n")
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--fixtures")
    assert "plugin_context" not in installed.run(*command, cwd=tmp_path)


def test_they_are_as_short_as_the_page_says() -> None:
    files = new_files(PAGE)
    lines = {path: text.count("\n") for path, text in files.items() if path.count("/") == 1}
    assert lines.pop("gpt-image-flat/gpt_image_flat.py") < 40
    assert lines.pop("gpt-image-redis/gpt_image_redis.py") < 100
    assert blocks(PAGE, "diff") == []


def test_their_code_is_in_the_style_of_ours(sources: Path) -> None:
    (sources / "ruff.toml").write_text(
        f'extend = "{ROOT / "pyproject.toml"}"\n'
        '[lint.extend-per-file-ignores]\n"**" = ["INP001"]\n"**/tests/**" = ["D"]\n'
        '"gpt_image_*.py" = ["D101", "D103"]\n'
    )
    run(sources, "ruff", "check", "--no-cache", ".")
    run(sources, "ruff", "format", "--no-cache", "--check", ".")
