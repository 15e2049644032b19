"""File names that people can say, from whatever a prompt is made of."""

import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from adapters.image_store.file_names import MAX_BYTES, MAX_CHARACTERS
from adapters.image_store.files import FileImageStore
from domain.image import Image
from tests.testkit.fakes import PNG, small_image

pytestmark = pytest.mark.anyio
MAX_NAME_BYTES = 143
"""The longest name in an encrypted home folder."""
SHORT = PNG.digest[:8]
RED, TEAL = small_image("red"), small_image("navy")

HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"
CHINESE = "\u4e00\u53ea\u72d0\u72f8\u5728\u96ea\u5730"
PROMPTS = {
    "words": ("A lighthouse above a quiet sea at dusk", "lighthouse-above-a-quiet-sea"),
    "punctuation": ("a cut-out vase, 4K", "cut-out-vase-4k"),
    "an apostrophe": ("Don\u2019t panic!", "dont-panic"),
    "F32 only emoji": ("\U0001f98a\U0001f98a\U0001f98a", "image"),
    "F32 an emoji and a Chinese letter": ("a fox \U0001f98a \u96ea", "fox-\u96ea"),
    "Chinese": (CHINESE, CHINESE),
    "one long word of two bytes a letter": ("\u0439" * 500, "\u0439" * 30),
    "a script with vowel signs": (f"{HINDI}, {HINDI}", f"{HINDI}-{HINDI}"),
    "decomposed letters": ("E\u0301te\u0301 a\u0300 Paris", "\u00e9t\u00e9-\u00e0-paris"),
    "32,000 letters": ("x" * 32_000, "x" * 48),
    "32,000 characters of words": ("fox " * 8_000, "fox-fox-fox-fox-fox-fox"),
    "only small words": ("the of a", "image"),
    "nothing": ("", "image"),
    "a reserved name": ("CON", "con"),
    "a reserved name with a suffix": ("aux.txt", "aux-txt"),
    "a path upward": ("../../etc/passwd", "etc-passwd"),
    "a Windows path": ("C:\\Windows\\system32", "c-windows-system32"),
    "dots": ("..", "image"),
    "a leading dot": (".hidden", "hidden"),
    "control characters": ("a\0b\x1b[31mred\x07", "b-31mred"),
    "right-to-left marks": ("\u202egnp.exe\u202c fox", "gnp-exe-fox"),
    "line breaks": ("line\nbreak\r\nand\u2028more", "line-break-and-more"),
    "a lone surrogate": ("\ud800 half", "half"),
    "lone accents": ("\u0301\u0302 accents", "accents"),
    "markup and shell": ("100% <b>&amp;</b> $HOME `id` |;*?", "100-b-amp-b-home-id"),
    "an ID": ("img_" + "0" * 32, "img-" + "0" * 32),
    "a file name of ours": ("fox-1234abcd_9b1c22aa.png", "fox-1234abcd-9b1c22aa-png"),
}
prompts = pytest.mark.parametrize(("prompt", "words"), PROMPTS.values(), ids=PROMPTS)


@prompts
async def test_a_file_is_named_after_its_prompt(prompt: str, words: str, tmp_path: Path) -> None:
    store = store_in(tmp_path)
    path = Path((await store.put(PNG, title=prompt)).ref)
    assert path == tmp_path / f"{words}-{SHORT}.png"
    assert path.read_bytes() == PNG.data
    assert path.name == unicodedata.normalize("NFC", path.name)
    assert len(words) <= MAX_CHARACTERS
    assert len(words.encode()) <= MAX_BYTES
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*\s.]', words)
    store.close()


@prompts
async def test_a_partial_file_fits_everywhere_and_is_completed_under_its_name(
    prompt: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = store_in(tmp_path, writer=f"4194304-{'f' * 8}")
    original = await killed.put(RED, title=prompt)

    def end(_self: Path, _target: Path) -> Path:
        raise Killed

    monkeypatch.setattr(Path, "rename", end)
    monkeypatch.setattr(Path, "unlink", lambda *_args, **_options: None)
    with pytest.raises(Killed):
        await killed.put(PNG, title=prompt)
    for title in ("", "preview"):
        with pytest.raises(Killed):
            await killed.put(TEAL, title=title, derived_from=original.ref)
    monkeypatch.undo()
    partial = [*tmp_path.rglob(".*.part")]
    assert len(partial) == 3
    assert max(len(path.name.encode()) for path in partial) <= MAX_NAME_BYTES
    store = store_in(tmp_path)
    await store.finish_partial_writes([])
    assert not [*tmp_path.rglob(".*.part")]
    assert (tmp_path / f"{words}-{SHORT}.png").read_bytes() == PNG.data
    assert await store.sizes([original.ref]) == {original.ref: len(RED.data) + 2 * len(TEAL.data)}
    assert (tmp_path / f"{words}-{RED.digest[:8]}-preview-1.png").read_bytes() == TEAL.data
    assert await store.delete([original.ref]) == len(RED.data) + 2 * len(TEAL.data)
    killed.close()
    store.close()


class Killed(BaseException):
    """The process ends here."""


STRANGERS = [
    "holiday.png",
    f"bridge-{SHORT}-edited.png",
    f"bridge-{SHORT}.psd",
    f"bridge-{SHORT}_0.png",
    f"bridge-{SHORT}.png.bak",
    f"a-bridge-{SHORT}.jpg",
    f"bridge-{SHORT}_{'0' * 8}.jpg",
    f"bridge-{SHORT}-2.png",
    f"BRIDGE-{SHORT}_1.webp",
    f"bridge-{SHORT} (1).png",
    f"{PNG.id}_copy.png",
    f"bridge-{SHORT}.webp",
    f"bridge-{SHORT}-preview-1.png",
    f"bridge-{SHORT}-rendition-3.webp",
    f"bridge-{SHORT}-preview.png",
]


async def test_only_files_with_the_digest_in_their_name_are_moved_and_deleted(
    tmp_path: Path,
) -> None:
    store = store_in(tmp_path)
    stored = await store.put(PNG, title="a bridge")
    rendition = await store.put(RED, derived_from=stored.ref)
    for name in STRANGERS:
        (tmp_path / name).write_bytes(b"the user's own")
    assert await store.trash([stored.ref]) == len(PNG.data) + len(RED.data)
    for name in STRANGERS:
        (tmp_path / ".trash" / name).write_bytes(b"the user's own")
    assert await store.empty_trash([stored.ref]) == len(PNG.data) + len(RED.data)
    assert not Path(rendition.ref).exists()
    for folder in (tmp_path, tmp_path / ".trash"):
        assert {path.name for path in folder.iterdir()} - {".trash"} == {*STRANGERS}
    store.close()


async def test_a_file_that_was_edited_in_place_stays(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    path = Path((await store.put(PNG, title="a bridge")).ref)
    path.write_bytes(b"the user's own")
    assert await store.trash([str(path)]) == await store.delete([str(path)]) == 0
    assert path.read_bytes() == b"the user's own"
    store.close()


async def test_another_image_with_the_same_words_and_digits_gets_a_number(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = tmp_path / f"bridge-{SHORT}.png"
    first.write_bytes(b"another image, whose digest begins alike")
    second = await store.put(PNG, title="a bridge")
    assert Path(second.ref).name == f"bridge-{SHORT}-2.png"
    rendition = await store.put(RED, derived_from=second.ref)
    assert Path(rendition.ref).name == f"bridge-{SHORT}-2-rendition-2.png"
    preview = await store.put(TEAL, title="preview", derived_from=second.ref)
    assert Path(preview.ref).name == f"bridge-{SHORT}-2-preview-1.png"
    assert await store.trash([second.ref]) == len(PNG.data) + len(RED.data) + len(TEAL.data)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [first]
    store.close()


async def test_a_name_is_not_given_away_while_its_image_is_in_the_trash(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    (tmp_path / ".trash").mkdir()
    trashed = tmp_path / ".trash" / f"bridge-{SHORT}.png"
    trashed.write_bytes(b"another image, whose digest begins alike")
    stored = await store.put(PNG, title="a bridge")
    assert Path(stored.ref).name == f"bridge-{SHORT}-2.png"
    store.close()


async def test_an_image_comes_back_under_a_number_if_its_name_was_taken(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    stored = await store.put(PNG, title="a bridge")
    rendition = await store.put(RED, derived_from=stored.ref)
    await store.trash([stored.ref])
    Path(stored.ref).write_bytes(b"the user's own")
    back = (await store.restore([stored.ref]))[stored.ref]
    assert Path(back.ref).name == f"bridge-{SHORT}-2.png"
    assert await store.get(back.ref) == PNG
    assert not Path(rendition.ref).exists()
    assert await store.sizes([back.ref]) == {back.ref: len(PNG.data) + len(RED.data)}
    assert Path(stored.ref).read_bytes() == b"the user's own"
    store.close()


WEBP = small_image("teal", form="WEBP")
AVIF = small_image("teal", form="AVIF")
DERIVED = {
    "a rendition": ("", [WEBP], [".webp"]),
    "an AVIF": ("", [AVIF], [".avif"]),
    "two renditions of one format": (
        "",
        [WEBP, small_image("red", form="WEBP")],
        [".webp", "-rendition-2.webp"],
    ),
    "F29 previews": ("preview", [RED, TEAL], ["-preview-1.png", "-preview-2.png"]),
    "equal previews": ("preview", [RED, RED], ["-preview-1.png", "-preview-1.png"]),
    "previews of two formats": ("preview", [RED, WEBP], ["-preview-1.png", "-preview-1.webp"]),
}


@pytest.mark.parametrize(("title", "images", "ends"), DERIVED.values(), ids=DERIVED)
async def test_what_was_made_from_an_image_has_its_name_and_shares_its_fate(
    title: str, images: list[Image], ends: list[str], tmp_path: Path
) -> None:
    store = store_in(tmp_path)
    image = await store.put(PNG, title="a bridge")
    derived = [await store.put(each, title=title, derived_from=image.ref) for each in images]
    assert [Path(each.ref).name for each in derived] == [f"bridge-{SHORT}{end}" for end in ends]
    size = len(PNG.data) + sum(len(each.data) for each in {*images})
    assert await store.sizes([image.ref]) == {image.ref: size}
    assert await store.trash([image.ref]) == size
    assert [await store.get(each.ref) for each in derived] == [None] * len(derived)
    Path(image.ref).write_bytes(b"the user's own")
    back = (await store.restore([image.ref]))[image.ref]
    assert await store.sizes([back.ref]) == {back.ref: size}
    assert await store.trash([back.ref]) == await store.empty_trash([back.ref]) == size
    assert [*tmp_path.iterdir()] == [Path(image.ref)]
    store.close()


@pytest.mark.parametrize("change", ["edited", "proof lost"])
async def test_a_rendition_that_is_not_proved_to_be_ours_stays(change: str, tmp_path: Path) -> None:
    store = store_in(tmp_path)
    image = await store.put(PNG, title="a bridge")
    rendition = Path((await store.put(WEBP, derived_from=image.ref)).ref)
    if change == "edited":
        rendition.write_bytes(b"the user's own")
    else:
        shutil.rmtree(tmp_path / ".renditions")
    assert await store.trash([image.ref]) == len(PNG.data)
    assert rendition.exists()
    store.close()


async def test_a_rendition_of_an_earlier_version_still_belongs_to_its_image(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    image = await store.put(PNG, title="a bridge")
    old = tmp_path / f"bridge-{SHORT}_{WEBP.digest[:8]}.webp"
    old.write_bytes(WEBP.data)
    assert await store.trash([image.ref]) == len(PNG.data) + len(WEBP.data)
    await store.restore([image.ref])
    assert await store.delete([image.ref]) == len(PNG.data) + len(WEBP.data)
    assert not old.exists()
    store.close()


@pytest.mark.parametrize("suffix", ["", "-2"])
async def test_a_file_of_an_earlier_version_is_found_moved_and_restored(
    suffix: str, tmp_path: Path
) -> None:
    store = store_in(tmp_path)
    old, rendition = tmp_path / f"{PNG.id}{suffix}.png", tmp_path / f"{PNG.id}.webp"
    old.write_bytes(PNG.data)
    rendition.write_bytes(small_image("teal", form="WEBP").data)
    assert (await store.put(PNG, title="a bridge")).ref == str(old)
    await store.trash([str(old)])
    assert not old.exists()
    assert not rendition.exists()
    await store.restore([str(old)])
    assert old.read_bytes() == PNG.data
    assert rendition.exists()
    store.close()


def store_in(folder: Path, *, writer: str = "1-a") -> FileImageStore:
    """A store of this folder alone."""
    return FileImageStore(folder, fallback=folder, quarantine=folder, writer=lambda: writer)
