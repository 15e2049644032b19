"""The libraries of presets fulfill their port's contract, and files have more tests."""

import os
from pathlib import Path

import pytest

from adapters.presets.file_library import FilePresetLibrary
from adapters.presets.toml_folder import MAX_FILE_BYTES, MAX_FILES
from application.ports.preset_library import PresetLibrary
from domain.definitions import DefinitionFault
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from tests.testkit.contracts.preset_library import INK, POSTER, PresetLibraryContract
from tests.testkit.fakes import PNG, MemoryPresetLibrary

pytestmark = pytest.mark.anyio

PRESET = """
title = "Poster"
description = "A poster for an event."
template = "A poster for $event."
options = { size = "1024x1536" }
[arguments.event]
description = "The event."
required = true
"""
STYLE = """
text = "black ink"
palette = ["#112233"]
references = ["ink.png"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder, with a preset, a style, and a faulty file of each kind."""
    styles = tmp_path / "own" / "styles"
    styles.mkdir(parents=True)
    for file, text in ((styles.parent / "poster.toml", PRESET), (styles / "ink.toml", STYLE)):
        file.write_text(text, encoding="utf-8")
        file.with_name("broken.toml").write_text("=", encoding="utf-8")
    (styles / "ink.png").write_bytes(PNG.data)
    return styles.parent


@pytest.fixture
def image() -> Image:
    return PNG


@pytest.fixture
def own(folder: Path) -> FilePresetLibrary:
    """The library of that folder alone."""
    return FilePresetLibrary(folder, packaged=folder / "none")


class TestFilePresetLibrary(PresetLibraryContract):
    @pytest.fixture
    def library(self, own: FilePresetLibrary) -> PresetLibrary:
        return own


class TestMemoryPresetLibrary(PresetLibraryContract):
    @pytest.fixture
    def library(self, image: Image) -> PresetLibrary:
        fault = DefinitionFault(file="broken.toml", key="", reason="it is broken")
        return MemoryPresetLibrary(
            POSTER, INK, images={"ink.png": image}, faults={"broken": (fault,)}
        )


async def reasons(library: PresetLibrary, name: str = "poster") -> list[str]:
    """The faults of a preset, each with its key."""
    return [f"{each.key}: {each.reason}" for each in (await library.presets()).faults[name]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('title = "Poster"', ""), ["title: it is required"]),
        (("title", "titel"), ["title: it is required", "titel: there is no such key"]),
        (("$event", "$evnt"), [": $evnt is no argument of this file"]),
        (("$event", "the fair"), [": the argument event is not in the template, as $event"]),
        (("$event.", "$event for $5"), [": template has a $ without a name; a dollar sign is $$"]),
        (("$event", "${event.name}"), [": template has a $ without a name; a dollar sign is $$"]),
        (
            ("arguments.event", "arguments.image"),
            [": every preset has the argument image; use another name"],
        ),
        (
            ("required = true", 'default = "x"\nchoices = ["a"]'),
            ["arguments.event: the default is none of the choices"],
        ),
        (
            ("required = true", 'required = true\ndefault = "a"'),
            ["arguments.event: a required argument needs no default"],
        ),
        (
            ("1024x1536", "huge"),
            ["options.size: 'huge' is no size; use auto, square, landscape, portrait, a ratio"],
        ),
        (("1024x1536", "1024"), ["options.size: '1024' is no size; did you mean 1024x1024?"]),
        (("1024x1536", "0x1536"), ["options.size: '0x1536' is no size; did you mean 1536x1536?"]),
        (('"1024x1536"', "true"), ["options.size: 'True' is no size; use auto"]),
        (
            ('{ size = "1024x1536" }', "{ n = 9 }"),
            ["options.n: Input should be less than or equal"],
        ),
        (("options", "with_images"), ["with_images: Input should be a valid string"]),
        (("[arguments.event]", "[arguments.'a-b']"), ["arguments.a-b: String should match"]),
    ],
)
async def test_each_fault_of_a_file_is_told_with_its_key(
    change: tuple[str, str], expected: list[str], own: FilePresetLibrary, folder: Path
) -> None:
    (folder / "poster.toml").write_text(PRESET.replace(*change), encoding="utf-8")
    found = await reasons(own)
    assert len(found) == len(expected)
    for told, start in zip(sorted(found), sorted(expected), strict=True):
        assert told.startswith(start)


@pytest.mark.parametrize(
    ("size", "meant"),
    [
        *((f'"{size}"', size) for size in ("auto", "landscape", "16:9", "4k", "1536x1024")),
        ('"Widescreen"', "16:9"),
        ('" 1536 X 1024 "', "1536x1024"),
        ("[1536, 1024]", "1536x1024"),
    ],
)
async def test_a_size_is_what_the_argument_of_the_tools_takes(
    size: str, meant: str, own: FilePresetLibrary, folder: Path
) -> None:
    text = PRESET.replace('"1024x1536"', size)
    (folder / "poster.toml").write_text(text, encoding="utf-8")
    assert (await own.presets()).get("poster").options == {"size": meant}


async def test_a_wrong_size_is_refused_with_its_file_and_key(
    own: FilePresetLibrary, folder: Path
) -> None:
    (folder / "poster.toml").write_text(PRESET.replace("1024x1536", "huge"), encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"poster\.toml: options\.size: 'huge' is no size"):
        (await own.presets()).get("poster")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * (MAX_FILE_BYTES + 1), "more than 64,000 bytes"),
        (b"a = " + b"[" * 5_000, "nested too deeply"),
        (b"title = ", "Invalid value"),
    ],
    ids=["no text", "too long", "too deep", "no TOML"],
)
async def test_a_file_that_cannot_be_read_stops_no_other(
    data: bytes, reason: str, own: FilePresetLibrary, folder: Path
) -> None:
    (folder / "bad.toml").write_bytes(data)
    assert reason in (await reasons(own, "bad"))[0]
    assert (await own.presets()).get("poster") == POSTER


@pytest.mark.parametrize("name", ["Poster", "a b", "-a", "x" * 41])
async def test_a_name_that_cannot_be_typed_everywhere_is_a_fault(
    name: str, own: FilePresetLibrary, folder: Path
) -> None:
    (folder / f"{name}.toml").write_text(PRESET, encoding="utf-8")
    assert "lowercase letters" in (await reasons(own, name))[0]


async def test_files_beyond_the_limit_are_named(own: FilePresetLibrary, folder: Path) -> None:
    for number in range(MAX_FILES):
        (folder / f"a{number:03}.toml").write_text(PRESET, encoding="utf-8")
    found = await own.presets()
    assert len(found.by_name) == MAX_FILES
    assert "only the first 200" in (await reasons(own))[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
async def test_nothing_but_regular_files_is_opened(own: FilePresetLibrary, folder: Path) -> None:
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "styles" / "ink.png").unlink()
    os.mkfifo(folder / "styles" / "ink.png")
    assert [*(await own.presets()).by_name] == ["poster"]
    with pytest.raises(UnreadableImage, match="no regular file"):
        await own.reference(INK, "ink.png")


async def test_a_changed_file_counts_from_the_next_call_on(
    own: FilePresetLibrary, folder: Path
) -> None:
    assert (await own.presets()).get("poster").title == "Poster"
    (folder / "poster.toml").write_text(PRESET.replace("Poster", "Banner"), encoding="utf-8")
    assert (await own.presets()).get("poster").title == "Banner"
    (folder / "poster.toml").unlink()
    assert "poster" not in (await own.presets()).by_name


async def test_files_that_did_not_change_are_not_read_again(
    own: FilePresetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await own.presets()
    monkeypatch.setattr("adapters.presets.toml_folder.tomllib", None)
    assert (await own.presets()).by_name == first.by_name


async def test_a_fault_is_logged_once_without_the_path_of_the_folder(
    own: FilePresetLibrary, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        await own.presets()
        await own.styles()
    assert [record.message.partition(": ")[2][:20] for record in caplog.records] == [
        "broken.toml: Invalid",
        "styles/broken.toml: ",
    ]
    assert str(folder) not in caplog.text


async def test_a_users_preset_replaces_one_of_the_package(folder: Path) -> None:
    (folder / "logo.toml").write_text(PRESET, encoding="utf-8")
    library = FilePresetLibrary(folder)
    assert (await library.presets()).get("logo").title == "Poster"
    (folder / "logo.toml").write_text("faulty", encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"'logo' cannot be used\. logo\.toml"):
        (await library.presets()).get("logo")


@pytest.mark.parametrize(
    "reference", ["../ink.png", "/etc/passwd.png", ".ink.png", "ink.svg", "a\\\\b.png", "C:x.png"]
)
async def test_a_style_names_no_file_elsewhere(
    reference: str, own: FilePresetLibrary, folder: Path
) -> None:
    text = STYLE.replace("ink.png", reference)
    (folder / "styles" / "ink.toml").write_text(text, encoding="utf-8")
    (fault,) = (await own.styles()).faults["ink"]
    assert fault.key == "references.0"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no text, no palette"),
        ('palette = ["red"]', "should match pattern"),
        ('references = ["other.png"]', "no file other.png beside it"),
        ('references = ["img_1234"]', "no img_… ID"),
    ],
)
async def test_a_style_that_means_nothing_is_a_fault(
    text: str, reason: str, own: FilePresetLibrary, folder: Path
) -> None:
    (folder / "styles" / "ink.toml").write_text(text, encoding="utf-8")
    (fault,) = (await own.styles()).faults["ink"]
    assert reason in fault.reason


async def test_links_are_followed_because_kubernetes_mounts_files_as_links(
    own: FilePresetLibrary, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.toml").write_text(PRESET, encoding="utf-8")
    (folder / "linked.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert (await own.presets()).get("linked").title == "Poster"


async def test_a_folder_that_does_not_exist_defines_nothing(tmp_path: Path) -> None:
    library = FilePresetLibrary(tmp_path / "none", packaged=tmp_path / "none")
    assert (await library.presets()).by_name == {}
    assert (await library.styles()).faults == {}
