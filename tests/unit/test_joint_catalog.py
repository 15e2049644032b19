"""The names that select a model among those of several providers."""

from datetime import date

import pytest

from domain.errors import InvalidRequest, UnsupportedByModel
from domain.image_formats import ImageFormat
from domain.joint_catalog import JointCatalog
from domain.models import Catalog, ModelCard
from domain.requests import Background, EditRequest, GenerateRequest, ImageRequest
from tests.testkit.fakes import PNG

TODAY = date(2026, 11, 22)
PLAIN = ModelCard(
    name="plain",
    masks=False,
    transparent=False,
    streams=False,
    max_images=1,
    max_input_images=1,
    formats=frozenset({ImageFormat.PNG}),
)
ABLE = ModelCard(name="able", aliases=("able-2026",))
FIRST = Catalog(cards=(PLAIN, ModelCard(name="shared")), default="plain")
SECOND = Catalog(cards=(ABLE, ModelCard(name="shared"), ModelCard(name="common")), default="able")
THIRD = Catalog(cards=(ModelCard(name="common"),), default="common")
HIDDEN = Catalog(cards=(PLAIN, ModelCard(name="secret")), default="plain", listed=False)
JOINT = JointCatalog([("one", FIRST), ("two", SECOND), ("three", THIRD), ("one-hidden", HIDDEN)])


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        (None, "one", "plain"),
        ("plain", "one", "plain"),
        ("PLAIN", "one", "plain"),
        ("one/plain", "one", "plain"),
        ("shared", "one", "shared"),
        ("two/shared", "two", "shared"),
        ("Two/Shared", "two", "shared"),
        ("able", "two", "able"),
        ("able-2026", "two", "able-2026"),
        ("three/common", "three", "common"),
        ("two/unheard-of", "two", "unheard-of"),
        ("two/vendor/flux", "two", "vendor/flux"),
        ("unheard-of", "one", "unheard-of"),
        ("vendor/flux", "one", "vendor/flux"),
        ("two/", "one", "two/"),
        ("secret", "one", "secret"),
        ("one-hidden/secret", "one-hidden", "secret"),
    ],
)
def test_a_name_selects_a_provider_and_its_model(
    name: str | None, provider: str, model: str
) -> None:
    chosen = JOINT.choose(name, TODAY)
    assert (chosen.provider, chosen.model) == (provider, model)
    assert chosen.requested_model == (name or "plain")


def test_a_model_that_several_others_have_needs_the_name_of_one() -> None:
    with pytest.raises(InvalidRequest) as refused:
        JOINT.choose("common", TODAY)
    assert refused.value.field == "model"
    assert refused.value.message == "Several providers have the model common."
    assert refused.value.hint == "Use two/common or three/common."


def test_a_default_model_that_several_have_is_that_of_the_first_of_them() -> None:
    joint = JointCatalog([("one", Catalog(cards=(), default="common")), *JOINT.catalogs[1:]])
    chosen = joint.choose(None, TODAY)
    assert (chosen.provider, chosen.model) == ("two", "common")


@pytest.mark.parametrize(("slashes", "model"), [(True, "one/flux"), (False, "flux")])
def test_a_gateway_that_comes_first_gets_names_with_its_own_name_as_they_are(
    slashes: bool, model: str
) -> None:
    first = Catalog(cards=(), default="x", slashes=slashes)
    assert JointCatalog([("one", first)]).choose("one/flux", TODAY).model == model
    second = JointCatalog([("two", SECOND), ("one", first)])
    assert second.choose("one/flux", TODAY).model == "flux"


def test_each_listed_model_has_the_name_that_selects_it() -> None:
    names = [each.name for each in JOINT.models]
    assert names == ["plain", "shared", "able", "two/shared", "two/common", "three/common"]
    for each in JOINT.models:
        chosen = JOINT.choose(each.name, TODAY)
        assert (chosen.provider, chosen.card) == (each.provider, each.card)


def test_the_name_of_a_model_is_known_from_its_provider() -> None:
    assert JOINT.name_of("one", "shared") == "shared"
    assert JOINT.name_of("two", "shared") == "two/shared"
    assert JOINT.name_of("two", "unheard-of") == "two/unheard-of"
    assert JOINT.name_of("one-hidden", "plain") == "one-hidden/plain"
    assert JOINT.name_of("gone", "plain") == "plain"


@pytest.mark.parametrize(
    ("request_", "field", "text"),
    [
        (GenerateRequest(prompt="x", n=2), "n", "generates at most 1 image in one call"),
        (EditRequest(prompt="x", images=(PNG, PNG)), "images", "accepts at most 1 input image"),
        (EditRequest(prompt="x", images=(PNG,), mask=PNG), "mask", "does not support masks"),
        (GenerateRequest(prompt="x", partial_images=1), "partialImages", "support previews"),
        (GenerateRequest(prompt="x", format=ImageFormat.WEBP), "format", "format 'webp'"),
        (
            GenerateRequest(prompt="x", background=Background.TRANSPARENT),
            "background",
            "does not support transparent",
        ),
    ],
)
def test_a_refusal_names_the_model_of_any_provider_that_can(
    request_: ImageRequest, field: str, text: str
) -> None:
    joint = JointCatalog([("one", Catalog(cards=(PLAIN,), default="plain")), ("two", SECOND)])
    with pytest.raises(UnsupportedByModel) as refused:
        joint.check(request_, joint.choose(None, TODAY), TODAY)
    assert (refused.value.field, refused.value.hint) == (field, "Use able instead.")
    assert refused.value.message.startswith("plain ")
    assert text in refused.value.message


def test_a_refusal_prefers_the_same_provider_and_says_the_provider_where_needed() -> None:
    twice = GenerateRequest(prompt="x", n=2)
    with pytest.raises(UnsupportedByModel) as refused:
        JOINT.check(twice, JOINT.choose("plain", TODAY), TODAY)
    assert refused.value.hint == "Use shared instead."
    other = Catalog(cards=(PLAIN, ModelCard(name="capable")), default="plain")
    joint = JointCatalog([("one", Catalog(cards=(PLAIN,), default="plain")), ("two", other)])
    with pytest.raises(UnsupportedByModel) as refused:
        joint.check(twice, joint.choose("two/plain", TODAY), TODAY)
    assert refused.value.message.startswith("two/plain generates at most 1")
    clash = JointCatalog(
        [("one", Catalog(cards=(PLAIN,), default="plain")), ("two", other), ("three", other)]
    )
    with pytest.raises(UnsupportedByModel) as refused:
        clash.check(twice, clash.choose("plain", TODAY), TODAY)
    assert refused.value.hint == "Use two/capable instead."


def test_where_no_provider_can_mask_the_hint_says_what_to_do() -> None:
    joint = JointCatalog([("one", Catalog(cards=(PLAIN,), default="plain"))])
    with pytest.raises(UnsupportedByModel) as refused:
        joint.check(
            EditRequest(prompt="x", images=(PNG,), mask=PNG), joint.choose(None, TODAY), TODAY
        )
    assert refused.value.hint == "Leave out the mask, and say in the prompt which part to change."


def test_a_model_that_is_only_called_the_default_has_its_providers_name() -> None:
    local = Catalog(cards=(ModelCard(name="default", is_known=False),), default="default")
    joint = JointCatalog([("one", FIRST), ("local", local)])
    assert [each.name for each in joint.models] == ["plain", "shared", "local/default"]
    assert joint.choose("local/default", TODAY).provider == "local"
