"""The contract of PresetLibrary. An adapter's test makes a library of what `a_library` says."""

import pytest

from application.ports.preset_library import PresetLibrary
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.presets import Preset, PresetArgument
from domain.styles import Style

POSTER = Preset(
    name="poster",
    title="Poster",
    description="A poster for an event.",
    template="A poster for $event.",
    arguments=(PresetArgument(name="event", description="The event.", required=True),),
    options={"size": "1024x1536"},
)
INK = Style(name="ink", text="black ink", colors=("#112233",), references=("ink.png",))


class PresetLibraryContract:
    """A library with the preset POSTER, the style INK, and the faulty names `broken`.

    The fixtures are `library`, and `image`: the reference image `ink.png` of INK.
    """

    pytestmark = pytest.mark.anyio

    async def test_a_preset_is_found_by_its_name(self, library: PresetLibrary) -> None:
        assert (await library.presets()).get("poster") == POSTER

    async def test_a_style_is_found_by_its_name(self, library: PresetLibrary) -> None:
        assert (await library.styles()).get("ink") == INK

    async def test_the_names_are_in_order(self, library: PresetLibrary) -> None:
        for found in (await library.presets(), await library.styles()):
            assert [*found.by_name] == sorted(found.by_name)

    async def test_what_cannot_be_used_is_left_out_and_its_reason_is_told(
        self, library: PresetLibrary
    ) -> None:
        for found in (await library.presets(), await library.styles()):
            assert "broken" not in found.by_name
            (fault,) = found.faults["broken"]
            assert fault.reason
            with pytest.raises(InvalidRequest) as refused:
                found.get("broken")
            assert fault.reason in refused.value.message

    async def test_an_unknown_name_is_refused_with_the_known_ones(
        self, library: PresetLibrary
    ) -> None:
        with pytest.raises(InvalidRequest, match="no preset 'postre'") as refused:
            (await library.presets()).get("postre")
        assert "Did you mean poster?" in refused.value.hint
        with pytest.raises(InvalidRequest, match=r"no style '\.\./ink'") as refused:
            (await library.styles()).get("../ink")
        assert "ink" in refused.value.hint

    async def test_a_reference_image_has_the_bytes_that_the_library_has(
        self, library: PresetLibrary, image: Image
    ) -> None:
        assert await library.reference(INK, "ink.png") == image

    @pytest.mark.parametrize("name", ["other.png", "../ink.png", "", "ink.png\0", "poster.toml"])
    async def test_no_other_name_is_a_reference_image(
        self, name: str, library: PresetLibrary
    ) -> None:
        with pytest.raises(UnreadableImage) as refused:
            await library.reference(INK, name)
        assert refused.value.field == "style"
